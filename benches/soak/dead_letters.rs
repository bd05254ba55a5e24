//! What is among the dead letters of the receivers of messages, taken from there at the end.

use std::time::Duration;

use crate::{Failure, peer::Peer};

/// More are not kept: the oldest go.
pub(crate) const MOST: usize = 10_000;
const BOUND: Duration = Duration::from_secs(60);

/// Takes all messages out of these queues, and returns their bodies, in the order of the queues. Bad messages are among them.
pub(crate) async fn take<const N: usize>(uri: &str, queues: [&str; N]) -> Result<[Vec<Vec<u8>>; N], Failure> {
    let taking = async {
        let mut peer = Peer::connect(uri).await?;
        let mut bodies = [const { Vec::new() }; N];
        for (queue, bodies) in queues.iter().zip(&mut bodies) {
            while let Some(body) = peer.take(queue).await? {
                bodies.push(body);
            }
        }
        peer.close().await?;
        Ok(bodies)
    };
    let taken = tokio::time::timeout(BOUND, taking).await;
    taken.map_err(|_| format!("the dead letters were not read within {BOUND:?}"))?
}
