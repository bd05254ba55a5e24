//! Messages that no honest peer sends, written byte by byte: to the services, and to the clients as forged replies.

use std::{io, time::Duration};

use tokio::net::TcpStream;

use crate::{Failure, dice::Dice};

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const FRAME_END: u8 = 0xCE;
/// A burst takes no longer, whatever the broker does.
const BOUND: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct BadMessages {
    sent: u64,
}

impl BadMessages {
    /// To the services' queues: no more than these can be among the dead letters.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends some of every kind over a connection of its own.
    pub(super) async fn send_burst(
        &mut self,
        uri: &str,
        replies: &[String],
        dice: &mut Dice,
    ) -> Result<(), Failure> {
        tokio::time::timeout(BOUND, self.send(uri, replies, dice)).await?
    }

    async fn send(&mut self, uri: &str, replies: &[String], dice: &mut Dice) -> Result<(), Failure> {
        let mut peer = Peer::connect(uri).await?;
        for _ in 0..10 {
            let queue = if dice.one_in(3) { "vault" } else { "work" };
            let (exchange, key) = match dice.below(3) {
                0 => ("", queue.to_owned()),
                _ => ("amqp-rpc", format!("{queue}.{}", ["plain", "again", "once"][dice.below(3) as usize])),
            };
            let (properties, body) = (properties(dice), body(dice));
            // Before it is written: it may arrive although writing fails. Twice, for an answer to a service is a bad request again.
            self.sent += 2;
            peer.publish(exchange, key.as_bytes(), &properties, &body).await?;
        }
        for queue in replies {
            let (properties, body) = (properties(dice), body(dice));
            peer.publish("", queue.as_bytes(), &properties, &body).await?;
        }
        peer.close().await
    }
}

fn body(dice: &mut Dice) -> Vec<u8> {
    match dice.below(8) {
        0 => Vec::new(),
        1 => b"{\"key\":".to_vec(),
        2 => b"{\"key\":\"one\",\"micros\":0}".to_vec(),
        3 => vec![b'['; 5000],
        4 => (0..dice.below(300)).map(|_| dice.roll() as u8).collect(),
        // Good parameters, of a call that nobody made.
        _ => format!("{{\"key\":{},\"micros\":0}}", u64::MAX).into_bytes(),
    }
}

/// Flags, then the values in the order of the flags.
fn properties(dice: &mut Dice) -> Vec<u8> {
    const HEADERS: u16 = 1 << 13;
    const CORRELATION_ID: u16 = 1 << 10;
    const REPLY_TO: u16 = 1 << 9;
    const EXPIRATION: u16 = 1 << 8;
    const TYPE: u16 = 1 << 5;
    let (mut flags, mut values) = (EXPIRATION, Vec::new());
    match dice.below(6) {
        0 => {
            flags |= HEADERS;
            values.extend(long(&nested([2, 31, 33, 200, 5000][dice.below(5) as usize])));
        }
        1 => {
            flags |= HEADERS;
            values.extend(long(b"\x02\xff\xfeV"));
        }
        _ => {}
    }
    if !dice.one_in(3) {
        flags |= CORRELATION_ID;
        let random = format!("{:08x}-1234-4123-8123-{:012x}", dice.below(1 << 32), dice.below(1 << 48));
        values.extend(match dice.below(4) {
            0 => short(b"\xff\xfe\xfd"),
            1 => short(b"some id"),
            _ => short(random.as_bytes()),
        });
    }
    if !dice.one_in(3) {
        flags |= REPLY_TO;
        values.extend(match dice.below(5) {
            0 => short(b"no such queue"),
            1 => short(b"work"),
            2 => short(b"\xc3\x28"),
            3 => short(b"amq.rabbitmq.reply-to.forged"),
            _ => short(b"amq.rabbitmq.reply-to.g1h2AA5yZXBseUA1NjQ0MTI3OQ.AAAA"),
        });
    }
    // Some drive their servers' connections to their end, one after the other: for a second, and no longer.
    values.extend(short(b"1000"));
    if dice.one_in(3) {
        flags |= TYPE;
        values.extend(match dice.below(3) {
            0 => short(b"work.nothing"),
            1 => short(b"result"),
            _ => short(b"\xff"),
        });
    }
    [&flags.to_be_bytes()[..], &values].concat()
}

/// Lists in lists, under one header.
fn nested(levels: u32) -> Vec<u8> {
    let mut entry = short(b"deep");
    for level in (0..levels).rev() {
        entry.push(b'A');
        entry.extend_from_slice(&(5 * level).to_be_bytes());
    }
    entry
}

/// One connection with one channel.
struct Peer {
    socket: TcpStream,
    unread: Vec<u8>,
}

impl Peer {
    async fn connect(uri: &str) -> Result<Self, Failure> {
        let rest = uri.strip_prefix("amqp://").ok_or("the broker's address is no amqp:// one")?;
        let (credentials, rest) = rest.split_once('@').unwrap_or(("guest:guest", rest));
        let (authority, vhost) = rest.split_once('/').unwrap_or((rest, "/"));
        let (user, password) = credentials.split_once(':').ok_or("the broker's address has no password")?;
        let socket = TcpStream::connect(authority).await?;
        let mut peer = Self { socket, unread: Vec::new() };
        peer.write(b"AMQP\x00\x00\x09\x01").await?;
        peer.until((10, 10)).await?;
        let login = long(format!("\0{user}\0{password}").as_bytes());
        peer.say(0, (10, 11), &[long(b""), short(b"PLAIN"), login, short(b"en_US")].concat()).await?;
        peer.until((10, 30)).await?;
        // One channel, frames of 128 KiB, no heartbeats.
        peer.say(0, (10, 31), &[0, 1, 0, 2, 0, 0, 0, 0]).await?;
        peer.say(0, (10, 40), &[short(vhost.as_bytes()), short(b""), vec![0]].concat()).await?;
        peer.until((10, 41)).await?;
        peer.say(1, (20, 10), &short(b"")).await?;
        peer.until((20, 11)).await?;
        Ok(peer)
    }

    async fn publish(
        &mut self,
        exchange: &str,
        key: &[u8],
        properties: &[u8],
        body: &[u8],
    ) -> io::Result<()> {
        let publish = [vec![0, 0], short(exchange.as_bytes()), short(key), vec![0]].concat();
        self.say(1, (60, 40), &publish).await?;
        let size = (body.len() as u64).to_be_bytes();
        self.frame(HEADER, 1, &[&[0, 60, 0, 0][..], &size, properties].concat()).await?;
        if body.is_empty() { Ok(()) } else { self.frame(BODY, 1, body).await }
    }

    /// Returns when the broker has handled everything.
    async fn close(mut self) -> Result<(), Failure> {
        self.say(0, (10, 50), &[vec![0, 200], short(b""), vec![0, 0, 0, 0]].concat()).await?;
        self.until((10, 51)).await
    }

    async fn say(&mut self, channel: u16, method: (u16, u16), arguments: &[u8]) -> io::Result<()> {
        let payload = [&method.0.to_be_bytes()[..], &method.1.to_be_bytes(), arguments].concat();
        self.frame(METHOD, channel, &payload).await
    }

    async fn frame(&mut self, kind: u8, channel: u16, payload: &[u8]) -> io::Result<()> {
        let size = (payload.len() as u32).to_be_bytes();
        self.write(&[&[kind][..], &channel.to_be_bytes(), &size, payload, &[FRAME_END]].concat()).await
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.socket.writable().await?;
            match self.socket.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads up to this method.
    async fn until(&mut self, method: (u16, u16)) -> Result<(), Failure> {
        let wanted = [&method.0.to_be_bytes()[..], &method.1.to_be_bytes()].concat();
        loop {
            while let Some(&[kind, _, _, a, b, c, d]) = self.unread.first_chunk::<7>() {
                let length = u32::from_be_bytes([a, b, c, d]) as usize + 8;
                if self.unread.len() < length {
                    break;
                }
                let frame: Vec<u8> = self.unread.drain(..length).collect();
                if kind == METHOD && frame[7..].starts_with(&wanted) {
                    return Ok(());
                }
            }
            let mut chunk = [0; 4096];
            self.socket.readable().await?;
            match self.socket.try_read(&mut chunk) {
                Ok(0) => return Err("the broker closed the connection".into()),
                Ok(read) => self.unread.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn short(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![text.len() as u8];
    bytes.extend_from_slice(text);
    bytes
}

fn long(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}
