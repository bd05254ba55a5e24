//! AMQP byte by byte: a peer that says what no library would, and reads what no library must not die of.

use std::io;

use tokio::net::TcpStream;

use crate::Failure;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const FRAME_END: u8 = 0xCE;

/// One connection with one channel.
pub(crate) struct RawPeer {
    socket: TcpStream,
    unread: Vec<u8>,
}

impl RawPeer {
    pub(crate) async fn connect(uri: &str) -> Result<Self, Failure> {
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

    pub(crate) async fn publish(
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

    /// Takes the first message out of a queue, for good, and returns its body. `None` when there is none.
    pub(crate) async fn take(&mut self, queue: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.say(1, (60, 70), &[&[0, 0][..], &short(queue.as_bytes()), &[1]].concat()).await?;
        let answer = self.read().await?;
        if is_method(&answer, (60, 72)) {
            return Ok(None);
        }
        if !is_method(&answer, (60, 71)) {
            return Err(format!("the broker does not give what is in {queue}").into());
        }
        let header = self.read().await?;
        let size = header.payload.get(4..12).and_then(|size| size.try_into().ok()).map(u64::from_be_bytes);
        let size = size.ok_or("a message begins with no header")?;
        let mut body = Vec::new();
        while (body.len() as u64) < size {
            body.extend(self.read().await?.payload);
        }
        Ok(Some(body))
    }

    /// Returns when the broker has handled everything.
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
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
        while !is_method(&self.read().await?, method) {}
        Ok(())
    }

    async fn read(&mut self) -> Result<Frame, Failure> {
        loop {
            if let Some(&[kind, _, _, a, b, c, d]) = self.unread.first_chunk::<7>() {
                let length = u32::from_be_bytes([a, b, c, d]) as usize + 8;
                if self.unread.len() >= length {
                    let payload = self.unread[7..length - 1].to_vec();
                    self.unread.drain(..length);
                    return Ok(Frame { kind, payload });
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

struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

fn is_method(frame: &Frame, method: (u16, u16)) -> bool {
    let wanted = [&method.0.to_be_bytes()[..], &method.1.to_be_bytes()].concat();
    frame.kind == METHOD && frame.payload.starts_with(&wanted)
}

pub(crate) fn short(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![text.len() as u8];
    bytes.extend_from_slice(text);
    bytes
}

pub(crate) fn long(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}
