//! The socket: the handshake, and then one read, what follows from it, and one write, again and again.

use std::{io, time::Duration};

use amqp_rpc_bench_harness::{Failure, url};
use tokio::{io::Interest, net::TcpStream};

use crate::{
    delivery::Delivery,
    encode::{AROUND_PAYLOAD, CHANNEL, FRAME_END, METHOD, credentials_and_address, method, short},
    fields::Fields,
};

const HEADER_BYTES: usize = 7;
const READ_BYTES: usize = 256 * 1024;
/// A handshake that takes longer is broken.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    filled: usize,
    /// What is written next.
    pub(crate) out: Vec<u8>,
    written: usize,
    pub(crate) frame_max: usize,
    delivery: Delivery,
}

impl Connection {
    /// With one channel open, and the queue of requests declared.
    pub(crate) async fn open() -> Result<Self, Failure> {
        let (credentials, address) = credentials_and_address(&url()?)?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            received: vec![0; READ_BYTES],
            filled: 0,
            out: b"AMQP\x00\x00\x09\x01".to_vec(),
            written: 0,
            frame_max: 4096,
            delivery: Delivery::default(),
        };
        tokio::time::timeout(HANDSHAKE, connection.handshake(&credentials)).await??;
        Ok(connection)
    }

    async fn handshake(&mut self, credentials: &str) -> Result<(), Failure> {
        self.reply((10, 10)).await?;
        method(&mut self.out, 0, (10, 11), |out| {
            out.extend_from_slice(&[0; 4]);
            short(out, b"PLAIN");
            out.extend_from_slice(&(credentials.len() as u32).to_be_bytes());
            out.extend_from_slice(credentials.as_bytes());
            short(out, b"en_US");
        });
        let tune = self.reply((10, 30)).await?;
        let mut fields = Fields(&tune);
        let (channels, frame_max) = (fields.u16()?, fields.u32()?);
        self.frame_max = usize::try_from(frame_max)?.clamp(4096, READ_BYTES / 2);
        method(&mut self.out, 0, (10, 31), |out| {
            out.extend_from_slice(&channels.to_be_bytes());
            out.extend_from_slice(&frame_max.to_be_bytes());
            // No heartbeats.
            out.extend_from_slice(&[0, 0]);
        });
        method(&mut self.out, 0, (10, 40), |out| {
            short(out, b"/");
            out.extend_from_slice(&[0, 0]);
        });
        self.reply((10, 41)).await?;
        method(&mut self.out, CHANNEL, (20, 10), |out| short(out, b""));
        self.reply((20, 11)).await?;
        Ok(())
    }

    /// Declares a queue, and returns its name. Without a name: an exclusive one, named by the broker.
    pub(crate) async fn declare(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        method(&mut self.out, CHANNEL, (50, 10), |out| {
            out.extend_from_slice(&[0, 0]);
            short(out, name.as_bytes());
            // Exclusive, or durable.
            out.push(if name.is_empty() { 0b100 } else { 0b10 });
            out.extend_from_slice(&[0; 4]);
        });
        let declared = self.reply((50, 11)).await?;
        Ok(Fields(&declared).short()?.to_vec())
    }

    /// Consumes without a prefetch limit.
    pub(crate) async fn consume(&mut self, queue: &[u8], no_ack: bool) -> Result<(), Failure> {
        method(&mut self.out, CHANNEL, (60, 20), |out| {
            out.extend_from_slice(&[0, 0]);
            short(out, queue);
            short(out, b"");
            out.push(if no_ack { 0b10 } else { 0 });
            out.extend_from_slice(&[0; 4]);
        });
        self.reply((60, 21)).await?;
        Ok(())
    }

    /// The arguments of the method that the broker answers with. Nothing else may come before it.
    async fn reply(&mut self, expected: (u16, u16)) -> Result<Vec<u8>, Failure> {
        loop {
            self.wait().await?;
            let Some((kind, payload)) = whole_frame(&self.received[..self.filled])? else { continue };
            let length = payload.len();
            let mut fields = Fields(payload);
            let found = (fields.u16()?, fields.u16()?);
            if kind != METHOD || found != expected {
                return Err(format!("the broker sent {found:?} instead of {expected:?}").into());
            }
            let arguments = fields.0.to_vec();
            self.forget(length + AROUND_PAYLOAD);
            return Ok(arguments);
        }
    }

    /// Writes what is to be written, reads once, and handles each message of it.
    pub(crate) async fn turn(
        &mut self,
        mut handle: impl FnMut(&Delivery, &mut Vec<u8>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.wait().await?;
        let mut at = 0;
        while let Some((kind, payload)) = whole_frame(&self.received[at..self.filled])? {
            at += payload.len() + AROUND_PAYLOAD;
            if self.delivery.add(kind, payload)? {
                handle(&self.delivery, &mut self.out)?;
            }
        }
        self.forget(at);
        Ok(())
    }

    /// Returns when something was read. Writing goes on meanwhile: a broker that cannot deliver stops reading.
    async fn wait(&mut self) -> Result<(), Failure> {
        if whole_frame(&self.received[..self.filled])?.is_some() {
            return Ok(());
        }
        loop {
            self.write()?;
            let interest = match self.out.is_empty() {
                true => Interest::READABLE,
                false => Interest::READABLE | Interest::WRITABLE,
            };
            let ready = self.stream.ready(interest).await?;
            if !ready.is_readable() {
                continue;
            }
            match self.stream.try_read(&mut self.received[self.filled..]) {
                Ok(0) => return Err("the broker closed the connection".into()),
                Ok(count) => {
                    self.filled += count;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while self.written < self.out.len() {
            match self.stream.try_write(&self.out[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(())
    }

    fn forget(&mut self, bytes: usize) {
        self.received.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }
}

/// Type and payload of the first frame, once all of it is there.
fn whole_frame(received: &[u8]) -> Result<Option<(u8, &[u8])>, Failure> {
    let Some((head, rest)) = received.split_at_checked(HEADER_BYTES) else { return Ok(None) };
    let size = usize::try_from(Fields(&head[3..]).u32()?)?;
    if size + AROUND_PAYLOAD > READ_BYTES {
        return Err(format!("a frame of {size} bytes").into());
    }
    match rest.get(size) {
        None => Ok(None),
        Some(&FRAME_END) => Ok(Some((head[0], &rest[..size]))),
        Some(other) => Err(format!("a frame that ends with {other:#x}").into()),
    }
}
