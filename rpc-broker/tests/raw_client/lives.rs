//! Ways in which a connection lives and ends: in order, in the middle of something, or before it has begun.

use std::io;

use amq_protocol::{frame::AMQPFrame, types::FieldTable};

use super::{RawClient, encode, handshake, publish, queue};

/// How a connection is used and left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Declares, publishes, gets, and says goodbye.
    Orderly,
    /// Leaves a queue of its own, with messages and a consumer, and resets the connection.
    ResetInUse,
    /// Resets it in the middle of a message.
    ResetInBody,
    /// Says half of its login and closes the socket.
    HalfLogin,
    /// Connects and closes the socket.
    Silent,
}

impl Life {
    pub(crate) const ALL: [Self; 5] =
        [Self::Orderly, Self::ResetInUse, Self::ResetInBody, Self::HalfLogin, Self::Silent];

    /// Lives it from beginning to end.
    pub(crate) async fn live(self, uri: &str) -> io::Result<()> {
        let mut client = RawClient::connect(uri).await?;
        match self {
            Self::Silent => return Ok(()),
            Self::HalfLogin => {
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
                let sent = publish("nobody", b"lost");
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
                let mut frames = publish("nobody", &[7; 200_000]);
                frames.pop();
                client.send(&frames).await;
                client.send(&[AMQPFrame::Heartbeat]).await;
                client.reset();
            }
            Self::HalfLogin | Self::Silent => {}
        }
        Ok(())
    }
}
