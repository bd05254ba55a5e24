//! A publisher that writes its frames byte by byte: what no AMQP library would write, brokers pass on all the
//! same.

use tokio::net::TcpStream;

use super::{
    bytes::{read_some, write_all},
    uri::BrokerUri,
    wait::within,
};

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const FRAME_END: u8 = 0xCE;

/// One connection with one confirmed channel.
#[derive(Debug)]
pub(crate) struct BytePeer {
    socket: TcpStream,
    unread: Vec<u8>,
}

/// Properties as bytes: flags, then the values in the order of the flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawProperties {
    flags: u16,
    values: Vec<u8>,
}

impl RawProperties {
    const HEADERS: u16 = 1 << 13;
    const CORRELATION_ID: u16 = 1 << 10;
    const REPLY_TO: u16 = 1 << 9;

    /// Nothing but `levels` lists in each other, under the header `deep`.
    pub(crate) fn nested(levels: u32) -> Self {
        let mut entry = short(b"deep");
        for level in 0..levels {
            entry.push(b'A');
            entry.extend_from_slice(&(5 * (levels - 1 - level)).to_be_bytes());
        }
        Self::default().value(Self::HEADERS, long(&entry))
    }

    /// One header of this name, without a value.
    pub(crate) fn header(name: &[u8]) -> Self {
        let mut entry = short(name);
        entry.push(b'V');
        Self::default().value(Self::HEADERS, long(&entry))
    }

    /// Follows headers.
    pub(crate) fn correlation_id(self, id: &[u8]) -> Self {
        self.value(Self::CORRELATION_ID, short(id))
    }

    /// Follows the correlation id.
    pub(crate) fn reply_to(self, queue: &[u8]) -> Self {
        self.value(Self::REPLY_TO, short(queue))
    }

    fn value(mut self, flag: u16, value: Vec<u8>) -> Self {
        assert!(self.flags & (2 * flag - 1) == 0, "properties are written in AMQP's order");
        self.flags |= flag;
        self.values.extend(value);
        self
    }
}

impl BytePeer {
    pub(crate) async fn connect(uri: &str) -> Self {
        let address = BrokerUri::parse(uri);
        let socket = TcpStream::connect(address.authority()).await.expect("the broker listens");
        let mut peer = Self { socket, unread: Vec::new() };
        peer.write(b"AMQP\x00\x00\x09\x01").await;
        peer.expect_method(10, 10).await;
        let (user, password) = address.credentials();
        let login = long(format!("\0{user}\0{password}").as_bytes());
        peer.call(0, (10, 11), &[long(b""), short(b"PLAIN"), login, short(b"en_US")].concat(), (10, 30))
            .await;
        // One channel, frames of 128 KiB, no heartbeats.
        peer.send_method(0, (10, 31), &[0, 1, 0, 2, 0, 0, 0, 0]).await;
        let vhost = [short(address.vhost().as_bytes()), short(b""), vec![0]].concat();
        peer.call(0, (10, 40), &vhost, (10, 41)).await;
        peer.call(1, (20, 10), &short(b""), (20, 11)).await;
        peer.call(1, (85, 10), &[0], (85, 11)).await;
        peer
    }

    /// Publishes and waits for the publisher confirm.
    pub(crate) async fn publish(
        &mut self,
        exchange: &str,
        key: &[u8],
        properties: &RawProperties,
        body: &[u8],
    ) {
        let publish = [vec![0, 0], short(exchange.as_bytes()), short(key), vec![0]].concat();
        self.send_method(1, (60, 40), &publish).await;
        let size = (body.len() as u64).to_be_bytes();
        let flags = properties.flags.to_be_bytes();
        let header = [&[0, 60, 0, 0][..], &size, &flags, &properties.values].concat();
        self.send(HEADER, 1, &header).await;
        for part in body.chunks(100_000) {
            self.send(BODY, 1, part).await;
        }
        self.expect_method(60, 80).await;
    }

    async fn call(&mut self, channel: u16, method: (u16, u16), arguments: &[u8], answer: (u16, u16)) {
        self.send_method(channel, method, arguments).await;
        self.expect_method(answer.0, answer.1).await;
    }

    async fn send_method(&mut self, channel: u16, (class, method): (u16, u16), arguments: &[u8]) {
        let payload = [&class.to_be_bytes()[..], &method.to_be_bytes(), arguments].concat();
        self.send(METHOD, channel, &payload).await;
    }

    async fn send(&mut self, kind: u8, channel: u16, payload: &[u8]) {
        let size = u32::try_from(payload.len()).expect("a frame is small");
        let frame =
            [&[kind][..], &channel.to_be_bytes(), &size.to_be_bytes(), payload, &[FRAME_END]].concat();
        self.write(&frame).await;
    }

    async fn write(&mut self, bytes: &[u8]) {
        within("the bytes to be written", write_all(&mut self.socket, bytes))
            .await
            .expect("the broker reads");
    }

    /// Waits for this method; anything else but heartbeats is a panic.
    async fn expect_method(&mut self, class: u16, method: u16) {
        loop {
            let (kind, payload) = within(&format!("method {class}.{method}"), self.next_frame()).await;
            if kind == METHOD {
                let got = [payload[0], payload[1], payload[2], payload[3]];
                let text = String::from_utf8_lossy(&payload[4..]);
                let expected = [&class.to_be_bytes()[..], &method.to_be_bytes()].concat();
                assert_eq!(got[..], expected, "the broker said {text}");
                return;
            }
        }
    }

    async fn next_frame(&mut self) -> (u8, Vec<u8>) {
        loop {
            if let Some(&[kind, _, _, a, b, c, d]) = self.unread.first_chunk::<7>() {
                let size = u32::from_be_bytes([a, b, c, d]) as usize;
                if self.unread.len() >= size + 8 {
                    let frame: Vec<u8> = self.unread.drain(..size + 8).collect();
                    return (kind, frame[7..7 + size].to_vec());
                }
            }
            let read = read_some(&mut self.socket, &mut self.unread).await.expect("the socket can be read");
            assert!(read > 0, "the broker closed the connection");
        }
    }
}

fn short(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).expect("a short string is short")];
    bytes.extend_from_slice(text);
    bytes
}

fn long(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("a table is small").to_be_bytes()[..], bytes].concat()
}
