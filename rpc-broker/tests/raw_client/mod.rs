//! A client that speaks AMQP frame by frame, and stops in the middle when a test wants it to.
#![allow(dead_code, reason = "each test program uses what it needs")]

mod frames;
pub(crate) mod lives;

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

/// Far longer than anything takes that does come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How much is read at once, in bytes.
const CHUNK: usize = 8 * 1024;

/// One connection; its frames are those of channel 1 unless said otherwise.
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

/// The frame's bytes.
pub(crate) fn encode(frame: &AMQPFrame) -> Vec<u8> {
    let written = gen_frame(frame)(WriteContext::from(Vec::new())).expect("a Vec takes everything");
    written.into_inner().0
}

/// What a client says until its channel 1 is open: nothing in it depends on the broker's answers.
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

/// A message to a queue by its name, with its body in frames that every broker takes.
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
    /// Connects without a word.
    pub(crate) async fn connect(uri: &str) -> io::Result<Self> {
        Self::of(TcpStream::connect(address_of(uri)).await?)
    }

    /// Connects with receive and send buffers of this many bytes in the kernel, so that it is soon full when it does not read.
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
            // Nothing is answered to tune-ok.
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
        self.write(&bytes).await.expect("the broker takes it");
    }

    /// Writes all of it, or fails when the broker takes nothing for too long.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes what is taken at once; `None` when nothing is for this long.
    pub(crate) async fn write_some(&mut self, bytes: &[u8], patience: Duration) -> Option<usize> {
        let written = timeout(patience, self.stream.write(bytes)).await.ok()?;
        Some(written.expect("the broker keeps the connection"))
    }

    /// The next frame that is no heartbeat.
    pub(crate) async fn next(&mut self) -> AMQPFrame {
        let frame = timeout(PATIENCE, self.next_frame()).await.expect("the broker answers in time");
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

    /// The first complete frame of what was read. Panics when the bytes are no frame: a broker says nothing else.
    fn buffered_frame(&mut self) -> Option<AMQPFrame> {
        match parse_frame(&self.unread[..]) {
            Ok((rest, frame)) => {
                let taken = self.unread.len() - rest.len();
                self.unread.advance(taken);
                Some(frame)
            }
            Err(error) if error.is_incomplete() => None,
            Err(error) => panic!("the broker sent no frame: {error:?} in {:?}", self.unread),
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

    /// From now on [`confirmed`](Self::confirmed) can be awaited.
    pub(crate) async fn select_confirms(&mut self) {
        let select = confirm::AMQPMethod::Select(confirm::Select { nowait: false });
        self.send(&[AMQPFrame::Method(1, AMQPClass::Confirm(select))]).await;
        let selected = self.next().await;
        assert!(matches!(selected, AMQPFrame::Method(1, AMQPClass::Confirm(_))), "{selected:?}");
    }

    /// The tag of the next confirm, and whether it stands for all before it.
    pub(crate) async fn confirmed(&mut self) -> (u64, bool) {
        match self.next().await {
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Ack(ack))) => {
                (ack.delivery_tag, ack.multiple)
            }
            other => panic!("instead of an ack: {other:?}"),
        }
    }

    /// Takes a message out of a queue; `None` when it is empty.
    pub(crate) async fn get(&mut self, queue: &str) -> Option<Vec<u8>> {
        let get = basic::Get { queue: queue.into(), no_ack: true };
        self.send(&[AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Get(get)))]).await;
        match self.next().await {
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::GetEmpty(_))) => None,
            AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::GetOk(_))) => Some(self.content().await),
            other => panic!("instead of get-ok: {other:?}"),
        }
    }

    /// The body of the content whose method was just read.
    pub(crate) async fn content(&mut self) -> Vec<u8> {
        let AMQPFrame::Header(1, header) = self.next().await else { panic!("no content header") };
        let mut body = Vec::new();
        while (body.len() as u64) < header.body_size {
            let AMQPFrame::Body(1, part) = self.next().await else { panic!("no content body") };
            body.extend(part);
        }
        body
    }

    /// Consumes without acknowledgements; the deliveries come when they are read.
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

    /// Ends the connection at once, without a word: what is not sent yet is lost.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().expect("a socket takes the option");
    }

    /// Says goodbye and waits for the answer.
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

    /// Ends its side only, and takes all that still comes until the broker ends the other; returns how many frames.
    ///
    /// # Errors
    ///
    /// When the broker does not end the connection in time, or says what is no frame.
    pub(crate) async fn drain(mut self) -> Result<usize, String> {
        let _ = self.stream.shutdown().await;
        let all = async { while let Ok(1..) = self.stream.read_buf(&mut self.unread).await {} };
        timeout(PATIENCE, all).await.map_err(|_| "the connection does not end".to_owned())?;
        frames::count(&self.unread)
    }
}

/// A queue of that name, of this connection only if `exclusive`.
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
