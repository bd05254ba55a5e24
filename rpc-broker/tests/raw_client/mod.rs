//! A client that works frame by frame, and can stop anywhere.
#![allow(dead_code, reason = "each test program uses what it needs")]

mod frames;
pub(crate) mod lifecycles;

use std::{io, time::Duration};

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, ProtocolVersion, WriteContext, gen_frame, parse_frame},
    protocol::{AMQPClass, BasicProperties, basic, channel, confirm, connection, queue},
    types::{FieldTable, ShortString},
};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Far longer than any expected event takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// The bytes that are read at once.
const CHUNK: usize = 8 * 1024;

/// A connection. Its methods use channel 1.
#[derive(Debug)]
pub(crate) struct RawClient {
    stream: TcpStream,
    unread: BytesMut,
}

/// The host and port of `amqp://user:password@host:port`.
pub(crate) fn address_of(uri: &str) -> &str {
    let after_user = uri.rsplit('@').next().expect("split gives one part at least");
    after_user.split('/').next().expect("split gives one part at least")
}

/// Encodes a frame.
pub(crate) fn encode(frame: &AMQPFrame) -> Vec<u8> {
    let written = gen_frame(frame)(WriteContext::from(Vec::new())).expect("a Vec takes everything");
    written.into_inner().0
}

/// The frames of a client up to channel.open on channel 1. None depends on the responses of the broker.
pub(crate) fn handshake() -> Vec<AMQPFrame> {
    use connection::{AMQPMethod, Open, StartOk, TuneOk};
    let on_connection = |method| AMQPFrame::Method(0, AMQPClass::Connection(method));
    vec![
        AMQPFrame::ProtocolHeader(ProtocolVersion::amqp_0_9_1()),
        on_connection(AMQPMethod::StartOk(StartOk {
            client_properties: FieldTable::default(),
            mechanism: "PLAIN".into(),
            response: "\0guest\0guest".into(),
            locale: "en_US".into(),
        })),
        on_connection(AMQPMethod::TuneOk(TuneOk { channel_max: 2047, frame_max: 131_072, heartbeat: 0 })),
        on_connection(AMQPMethod::Open(Open { virtual_host: "/".into() })),
        AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::Open(channel::Open {}))),
    ]
}

/// The frames of a message to a queue, through the default exchange.
pub(crate) fn publish(queue: &str, body: &[u8]) -> Vec<AMQPFrame> {
    let publish = basic::Publish {
        exchange: ShortString::default(),
        routing_key: queue.into(),
        mandatory: false,
        immediate: false,
    };
    let header = AMQPContentHeader {
        class_id: 60,
        body_size: body.len() as u64,
        properties: BasicProperties::default(),
    };
    let mut frames = vec![
        AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Publish(publish))),
        AMQPFrame::Header(1, header),
    ];
    frames.extend(body.chunks(131_064).map(|part| AMQPFrame::Body(1, part.to_vec())));
    frames
}

impl RawClient {
    /// Connects without a handshake.
    pub(crate) async fn connect(uri: &str) -> io::Result<Self> {
        Self::of(TcpStream::connect(address_of(uri)).await?)
    }

    /// Connects with kernel buffers of this many bytes, which are soon full when the client does not read.
    pub(crate) async fn connect_narrowly(uri: &str, bytes: u32) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(bytes)?;
        socket.set_send_buffer_size(bytes)?;
        let address = address_of(uri).parse().expect("the broker listens on an address");
        Self::of(socket.connect(address).await?)
    }

    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, unread: BytesMut::new() })
    }

    /// Logs in and opens channel 1.
    pub(crate) async fn open(mut self) -> Self {
        let mut awaited = Vec::new();
        for frame in handshake() {
            self.send(&[frame]).await;
            // There is no response to tune-ok.
            if awaited.len() != 2 {
                awaited.push(self.next().await);
            } else {
                awaited.push(AMQPFrame::Heartbeat);
            }
        }
        assert!(
            matches!(&awaited[4], AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::OpenOk(_)))),
            "{awaited:?}"
        );
        self
    }

    pub(crate) async fn send(&mut self, frames: &[AMQPFrame]) {
        let bytes: Vec<u8> = frames.iter().flat_map(encode).collect();
        self.write(&bytes).await.expect("the broker reads it");
    }

    /// Writes all bytes, or fails when the broker does not read for too long.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(TIMEOUT, self.stream.write_all(bytes))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes as many bytes as possible at once; `None` when none can be written within the limit.
    pub(crate) async fn write_some(&mut self, bytes: &[u8], limit: Duration) -> Option<usize> {
        let written = timeout(limit, self.stream.write(bytes)).await.ok()?;
        Some(written.expect("the broker keeps the connection"))
    }

    /// Reads the next frame that is not a heartbeat.
    pub(crate) async fn next(&mut self) -> AMQPFrame {
        let frame = timeout(TIMEOUT, self.next_frame()).await.expect("the broker responds in time");
        frame.expect("the broker keeps the connection")
    }

    async fn next_frame(&mut self) -> io::Result<AMQPFrame> {
        loop {
            while let Some(frame) = self.buffered_frame() {
                if frame != AMQPFrame::Heartbeat {
                    return Ok(frame);
                }
            }
            self.unread.reserve(CHUNK);
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Takes the first complete frame of what was read. Panics when the bytes are not a frame.
    fn buffered_frame(&mut self) -> Option<AMQPFrame> {
        match parse_frame(&self.unread[..]) {
            Ok((rest, frame)) => {
                let taken = self.unread.len() - rest.len();
                self.unread.advance(taken);
                Some(frame)
            }
            Err(error) if error.is_incomplete() => None,
            Err(error) => {
                panic!("the broker sent bytes that are not a frame: {error:?} in {:?}", self.unread)
            }
        }
    }

    /// Declares, or finds, a queue; returns how many messages are ready in it.
    pub(crate) async fn declare(&mut self, declare: queue::Declare) -> u32 {
        self.send(&[AMQPFrame::Method(1, AMQPClass::Queue(queue::AMQPMethod::Declare(declare)))]).await;
        match self.next().await {
            AMQPFrame::Method(1, AMQPClass::Queue(queue::AMQPMethod::DeclareOk(ok))) => ok.message_count,
            other => panic!("instead of declare-ok: {other:?}"),
        }
    }

    /// Selects confirm mode, which [`confirmed`](Self::confirmed) needs.
    pub(crate) async fn select_confirms(&mut self) {
        let select = confirm::AMQPMethod::Select(confirm::Select { nowait: false });
        self.send(&[AMQPFrame::Method(1, AMQPClass::Confirm(select))]).await;
        let selected = self.next().await;
        assert!(matches!(selected, AMQPFrame::Method(1, AMQPClass::Confirm(_))), "{selected:?}");
    }

    /// Reads the next confirm: its tag, and the flag `multiple`.
    pub(crate) async fn confirmed(&mut self) -> (u64, bool) {
        match self.next().await {
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Ack(ack))) => {
                (ack.delivery_tag, ack.multiple)
            }
            other => panic!("instead of an ack: {other:?}"),
        }
    }

    /// Gets a message from a queue; `None` when it is empty.
    pub(crate) async fn get(&mut self, queue: &str) -> Option<Vec<u8>> {
        let get = basic::Get { queue: queue.into(), no_ack: true };
        self.send(&[AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Get(get)))]).await;
        match self.next().await {
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::GetEmpty(_))) => None,
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::GetOk(_))) => Some(self.content().await),
            other => panic!("instead of get-ok: {other:?}"),
        }
    }

    /// Reads the content of the method that was just read; returns its body.
    pub(crate) async fn content(&mut self) -> Vec<u8> {
        let AMQPFrame::Header(1, header) = self.next().await else { panic!("no content header") };
        let mut body = Vec::new();
        while (body.len() as u64) < header.body_size {
            let AMQPFrame::Body(1, part) = self.next().await else { panic!("no content body") };
            body.extend(part);
        }
        body
    }

    /// Consumes without acknowledgements.
    pub(crate) async fn consume(&mut self, queue: &str) {
        let consume = basic::Consume {
            queue: queue.into(),
            consumer_tag: ShortString::default(),
            no_local: false,
            no_ack: true,
            exclusive: false,
            nowait: false,
            arguments: FieldTable::default(),
        };
        self.send(&[AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Consume(consume)))]).await;
        let consuming = self.next().await;
        assert!(
            matches!(consuming, AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::ConsumeOk(_)))),
            "{consuming:?}"
        );
    }

    /// Resets the connection: what is not sent yet is lost.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().expect("a socket takes the option");
    }

    /// Closes the connection and waits for close-ok.
    pub(crate) async fn close(mut self) {
        let close =
            connection::Close { reply_code: 200, reply_text: "bye".into(), class_id: 0, method_id: 0 };
        self.send(&[AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::Close(close)))]).await;
        loop {
            if let AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::CloseOk(_))) =
                self.next().await
            {
                return;
            }
        }
    }

    /// Ends the client's side of the stream, and reads until the broker ends the other one; returns the
    /// number of frames.
    ///
    /// # Errors
    ///
    /// When the broker does not end the connection in time, or sends bytes that are not a frame.
    pub(crate) async fn drain(mut self) -> Result<usize, String> {
        let _ = self.stream.shutdown().await;
        let all = async { while let Ok(1..) = self.stream.read_buf(&mut self.unread).await {} };
        timeout(TIMEOUT, all).await.map_err(|_| "the connection does not end".to_owned())?;
        frames::count(&self.unread)
    }
}

/// The declaration of a queue of that name.
pub(crate) fn queue(name: &str, exclusive: bool, arguments: FieldTable) -> queue::Declare {
    queue::Declare {
        queue: name.into(),
        passive: false,
        durable: false,
        exclusive,
        auto_delete: false,
        nowait: false,
        arguments,
    }
}
