//! Lifecycles of a connection: closed in order, interrupted, or ended before the handshake.

use std::io;

use amq_protocol::{frame::AMQPFrame, types::FieldTable};

use super::{RawClient, encode, handshake, publish, queue};

/// How a connection is used and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// Declares, publishes, gets, and closes.
    Orderly,
    /// Resets the connection with an exclusive queue and consumers.
    ResetInUse,
    /// Resets the connection in the middle of a message.
    ResetInBody,
    /// Sends half of its handshake and closes the socket.
    HalfHandshake,
    /// Connects and closes the socket.
    Silent,
}

impl Lifecycle {
    pub(crate) const ALL: [Self; 5] =
        [Self::Orderly, Self::ResetInUse, Self::ResetInBody, Self::HalfHandshake, Self::Silent];

    /// Runs the lifecycle from beginning to end.
    pub(crate) async fn run(self, uri: &str) -> io::Result<()> {
        let mut client = RawClient::connect(uri).await?;
        match self {
            Self::Silent => return Ok(()),
            Self::HalfHandshake => {
                let half = handshake().drain(..2).flat_map(|frame| encode(&frame)).collect::<Vec<u8>>();
                return client.write(&half).await;
            }
            Self::Orderly | Self::ResetInUse | Self::ResetInBody => {}
        }
        client = client.open().await;
        client.declare(queue("", true, FieldTable::default())).await;
        match self {
            Self::Orderly => {
                // The empty name means the queue declared last.
                let sent = publish("unroutable", b"lost");
                client.send(&sent).await;
                assert_eq!(client.get("").await, None);
                client.close().await;
            }
            Self::ResetInUse => {
                client.consume("amq.rabbitmq.reply-to").await;
                client.consume("").await;
                client.reset();
            }
            Self::ResetInBody => {
                let mut frames = publish("unroutable", &[7; 200_000]);
                frames.pop();
                client.send(&frames).await;
                client.send(&[AMQPFrame::Heartbeat]).await;
                client.reset();
            }
            Self::HalfHandshake | Self::Silent => {}
        }
        Ok(())
    }
}
