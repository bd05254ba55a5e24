//! A client that reads bytes: libraries show neither a truncated frame nor how a connection ends.

use std::io;

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, ProtocolVersion, WriteContext, gen_frame},
    protocol::{AMQPClass, basic, channel, connection, queue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::setup::{TestBroker, in_time};

pub(crate) struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    pub(crate) async fn connect(test: &TestBroker) -> io::Result<Self> {
        let stream = in_time(TcpStream::connect(test.broker.address())).await?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Logs in and opens channel 1.
    pub(crate) async fn open(test: &TestBroker) -> Self {
        use connection::{AMQPMethod, Open, StartOk, TuneOk};
        let mut raw = Self::connect(test).await.unwrap();
        let on_connection = |method| AMQPFrame::Method(0, AMQPClass::Connection(method));
        let login = StartOk {
            mechanism: "PLAIN".into(),
            response: "\0guest\0guest".into(),
            locale: "en_US".into(),
            ..StartOk::default()
        };
        let tune_ok = TuneOk { channel_max: 2047, frame_max: 131_072, heartbeat: 0 };
        raw.send(&AMQPFrame::ProtocolHeader(ProtocolVersion::amqp_0_9_1())).await;
        raw.send(&on_connection(AMQPMethod::StartOk(login))).await;
        raw.send(&on_connection(AMQPMethod::TuneOk(tune_ok))).await;
        raw.send(&on_connection(AMQPMethod::Open(Open { virtual_host: "/".into() }))).await;
        raw.send(&AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::Open(channel::Open {}))))
            .await;
        raw.until_method([0, 20, 0, 11]).await;
        raw
    }

    pub(crate) async fn send(&mut self, frame: &AMQPFrame) {
        let bytes = gen_frame(frame)(WriteContext::from(Vec::new())).unwrap().into_inner().0;
        in_time(self.stream.write_all(&bytes)).await.unwrap();
    }

    /// Declares a queue and consumes from it.
    pub(crate) async fn consume(&mut self, queue: &str) {
        let declare = queue::Declare { queue: queue.into(), ..queue::Declare::default() };
        let consume = basic::Consume { queue: queue.into(), no_ack: true, ..basic::Consume::default() };
        self.send(&AMQPFrame::Method(1, AMQPClass::Queue(queue::AMQPMethod::Declare(declare)))).await;
        self.send(&AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Consume(consume)))).await;
        self.until_method([0, 60, 0, 21]).await;
    }

    pub(crate) async fn publish(&mut self, queue: &str) {
        let publish = basic::Publish { routing_key: queue.into(), ..basic::Publish::default() };
        let header =
            AMQPContentHeader { class_id: 60, body_size: 0, properties: basic::AMQPProperties::default() };
        self.send(&AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Publish(publish)))).await;
        self.send(&AMQPFrame::Header(1, header)).await;
    }

    /// Reads up to the end of the frame of a method with these class and method numbers.
    async fn until_method(&mut self, ids: [u8; 4]) {
        loop {
            while let Some(frame) = self.take_frame() {
                if frame[0] == 1 && frame[7..11] == ids {
                    return;
                }
            }
            let read = in_time(self.stream.read_buf(&mut self.unread)).await.unwrap();
            assert!(read > 0, "the broker keeps the connection");
        }
    }

    fn take_frame(&mut self) -> Option<Vec<u8>> {
        let size = u32::from_be_bytes(*self.unread.get(3..7)?.first_chunk()?) as usize;
        let whole = 7 + size + 1;
        (self.unread.len() >= whole).then(|| self.unread.drain(..whole).collect())
    }

    /// Reads to the end of the stream; returns the bytes and how it ended.
    pub(crate) async fn rest(mut self) -> (Vec<u8>, io::Result<()>) {
        let end = in_time(async {
            loop {
                match self.stream.read_buf(&mut self.unread).await {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(error),
                }
            }
        });
        let end = end.await;
        (self.unread, end)
    }
}
