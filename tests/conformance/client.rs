//! A client that works frame by frame, sorts what it receives by channel, and confirms only closes.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use amq_protocol::{
    frame::{AMQPFrame, parse_frame},
    protocol::{AMQPClass, channel, connection},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::{
    arguments::hex,
    format::{describe, describe_content, describe_properties},
};

/// How long a wait may take. RabbitMQ takes three seconds to refuse credentials.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Something received: a method, a method with its message, or the end of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl Received {
    fn new(name: &'static str, text: String) -> Self {
        Self { name, text }
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.name, self.text).trim_end().to_owned()
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    read: OwnedReadHalf,
    pub(crate) write: OwnedWriteHalf,
    unread: Vec<u8>,
    /// Sent with the next flush.
    pub(crate) unsent: Vec<u8>,
    /// What was received on each channel (0 for the connection) and is not in the transcript yet.
    received: BTreeMap<u16, VecDeque<Received>>,
    /// Incomplete messages, by channel.
    partial: BTreeMap<u16, Partial>,
    open: BTreeMap<u16, bool>,
    /// Channels whose closes the script confirms itself.
    pub(crate) held: Vec<u16>,
    /// The broker has sent `connection.close`, so that the end will follow.
    pub(crate) closing: bool,
    pub(crate) ended: bool,
}

#[derive(Debug)]
struct Partial {
    method: Received,
    /// The size of the body, and the formatted properties.
    header: Option<(u64, String)>,
    body: Vec<u8>,
    frames: usize,
}

impl Client {
    pub(crate) async fn dial(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the broker listens");
        stream.set_nodelay(true).expect("a fresh socket takes options");
        let (read, write) = stream.into_split();
        Self {
            read,
            write,
            unread: Vec::new(),
            unsent: Vec::new(),
            received: BTreeMap::new(),
            partial: BTreeMap::new(),
            open: BTreeMap::new(),
            held: Vec::new(),
            closing: false,
            ended: false,
        }
    }

    pub(crate) fn is_open(&self, channel: u16) -> bool {
        !self.ended && self.open.get(&channel).copied().unwrap_or(false)
    }

    pub(crate) fn open_channels(&self) -> Vec<u16> {
        if self.ended {
            Vec::new()
        } else {
            self.open.iter().filter(|(_, open)| **open).map(|(id, _)| *id).collect()
        }
    }

    pub(crate) fn received(&self, channel: u16) -> impl Iterator<Item = &Received> {
        self.received.get(&channel).into_iter().flatten()
    }

    /// Takes everything that was received on a channel.
    pub(crate) fn take(&mut self, channel: u16) -> Vec<Received> {
        self.received.get_mut(&channel).map(std::mem::take).unwrap_or_default().into()
    }

    pub(crate) fn channels_with_input(&self) -> Vec<u16> {
        self.received.keys().copied().collect()
    }

    /// Removes and counts the `flow-ok`s of barriers.
    pub(crate) fn take_barriers(&mut self, channel: u16) -> usize {
        let Some(received) = self.received.get_mut(&channel) else { return 0 };
        let before = received.len();
        received.retain(|received| received.name != "channel.flow-ok");
        before - received.len()
    }

    /// Reads until the condition holds; panics with what was received when that takes too long.
    pub(crate) async fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        while !condition(self) {
            assert!(!self.ended, "the connection ended before {what}; received: {:?}", self.received);
            if timeout(TIMEOUT, self.read_more()).await.is_err() {
                panic!("waited {TIMEOUT:?} for {what}; received: {:?}", self.received);
            }
        }
    }

    async fn read_more(&mut self) {
        // A reset counts as an end: which of the two a client sees depends on what was still unread.
        let read = self.read.read_buf(&mut self.unread).await.unwrap_or(0);
        if read == 0 {
            self.ended = true;
            self.record(0, Received::new("end", String::new()));
            return;
        }
        while let Some(frame) = self.next_frame() {
            self.receive(&frame).await;
        }
    }

    fn next_frame(&mut self) -> Option<Vec<u8>> {
        let length = if self.unread.starts_with(b"AMQP") {
            8
        } else {
            let header = self.unread.get(..7)?;
            8 + u32::from_be_bytes([header[3], header[4], header[5], header[6]]) as usize
        };
        if self.unread.len() < length {
            return None;
        }
        let rest = self.unread.split_off(length);
        Some(std::mem::replace(&mut self.unread, rest))
    }

    async fn receive(&mut self, bytes: &[u8]) {
        let channel = u16::from_be_bytes([bytes[1], bytes[2]]);
        // The codec cannot read strings that are not UTF-8.
        let Ok((_, frame)) = parse_frame(bytes) else { return self.receive_unreadable(channel, bytes) };
        match frame {
            AMQPFrame::ProtocolHeader(version) => {
                self.record(0, Received::new("protocol-header", version.to_string()));
            }
            AMQPFrame::Heartbeat => {}
            AMQPFrame::InvalidHeartbeat(channel) => {
                self.record(channel, Received::new("heartbeat", String::new()));
            }
            AMQPFrame::Method(channel, method) => self.receive_method(channel, method).await,
            AMQPFrame::Header(channel, header) => {
                let Some(partial) = self.partial.get_mut(&channel) else {
                    return self.record(channel, Received::new("header", "without a method".to_owned()));
                };
                partial.header = Some((header.body_size, describe_properties(&header.properties)));
                self.complete(channel);
            }
            AMQPFrame::Body(channel, body) => {
                let Some(partial) = self.partial.get_mut(&channel) else {
                    return self.record(channel, Received::new("body", "without a header".to_owned()));
                };
                partial.body.extend(body);
                partial.frames += 1;
                self.complete(channel);
            }
        }
    }

    fn receive_unreadable(&mut self, channel: u16, bytes: &[u8]) {
        let size = bytes.get(11..19).and_then(|size| size.try_into().ok()).map(u64::from_be_bytes);
        match (self.partial.get_mut(&channel), size) {
            (Some(partial), Some(size)) => {
                partial.header = Some((size, format!(" properties=0x{}", hex(&bytes[19..bytes.len() - 1]))));
                self.complete(channel);
            }
            _ => self.record(channel, Received::new("frame", hex(bytes))),
        }
    }

    async fn receive_method(&mut self, channel: u16, method: AMQPClass) {
        let (name, text) = describe(&method);
        let received = Received::new(name, text);
        match name {
            "basic.deliver" | "basic.get-ok" | "basic.return" => {
                let partial = Partial { method: received, header: None, body: Vec::new(), frames: 0 };
                self.partial.insert(channel, partial);
                return;
            }
            "channel.open-ok" => _ = self.open.insert(channel, true),
            "channel.close-ok" => _ = self.open.insert(channel, false),
            "channel.close" => {
                self.open.insert(channel, false);
                if !self.held.contains(&channel) {
                    let ok = channel::AMQPMethod::CloseOk(channel::CloseOk {});
                    self.queue_method(channel, AMQPClass::Channel(ok));
                    self.flush().await;
                }
            }
            // Then the client closes the socket.
            "connection.close-ok" => {
                self.ended = true;
                let _ = self.write.shutdown().await;
            }
            "connection.close" => {
                self.closing = true;
                self.open.clear();
                if !self.held.contains(&0) {
                    let ok = connection::AMQPMethod::CloseOk(connection::CloseOk {});
                    self.queue_method(0, AMQPClass::Connection(ok));
                    self.flush().await;
                }
            }
            _ => {}
        }
        self.record(channel, received);
    }

    fn complete(&mut self, channel: u16) {
        let Some(Partial { method, header: Some((size, properties)), body, frames }) =
            self.partial.get(&channel)
        else {
            return;
        };
        if body.len() as u64 >= *size {
            let content = describe_content(properties, body, *frames);
            let received = Received::new(method.name, format!("{}{content}", method.text));
            self.partial.remove(&channel);
            self.record(channel, received);
        }
    }

    fn record(&mut self, channel: u16, received: Received) {
        self.received.entry(channel).or_default().push_back(received);
    }
}
