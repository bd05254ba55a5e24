//! Takes the dead letters of message receivers at the end of a run.

use std::time::Duration;

use crate::{Failure, raw_peer::RawPeer};

/// The broker keeps this many and drops the oldest.
pub(crate) const MOST: usize = 10_000;
const MAX_DURATION: Duration = Duration::from_secs(60);

/// Takes all messages out of these queues, and returns their bodies, in the order of the queues. Bad messages
/// are among them.
pub(crate) async fn take<const N: usize>(uri: &str, queues: [&str; N]) -> Result<[Vec<Vec<u8>>; N], Failure> {
    let taking = async {
        let mut peer = RawPeer::connect(uri).await?;
        let mut bodies = [const { Vec::new() }; N];
        for (queue, bodies) in queues.iter().zip(&mut bodies) {
            while let Some(body) = peer.take(queue).await? {
                bodies.push(body);
            }
        }
        peer.close().await?;
        Ok(bodies)
    };
    let taken = tokio::time::timeout(MAX_DURATION, taking).await;
    taken.map_err(|_| format!("the dead letters were not read within {MAX_DURATION:?}"))?
}
