//! Waits for messages to expire in a queue that has consumers.

use std::time::Duration;

use lapin::{BasicProperties, options::QueueDeclareOptions, types::FieldTable};

use super::{raw_peer::RawPeer, vhost::Vhost, wait::await_until};

/// By how much LavinMQ's clock may differ from one message to the other, and what our clients add for it.
const COARSE: Duration = Duration::from_millis(300);

/// Waits until every message that waits in `queue` has expired. Each has at most `longest` from now on.
///
/// On LavinMQ such a message stays, and is counted, until it would be delivered next. There a message without
/// consumers shows that the time is over.
pub(crate) async fn until_expired(vhost: &Vhost, queue: &str, longest: Duration) {
    if vhost.expires_behind_others() {
        return await_until(&format!("what waits in {queue} has expired"), || async {
            vhost.existing_queue(queue).await.ready == 0
        })
        .await;
    }
    let peer = RawPeer::connect(&vhost.uri()).await;
    let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let unconsumed = peer.declare_queue("", exclusive, FieldTable::default()).await;
    let time = (longest + COARSE).as_millis().to_string();
    let last = BasicProperties::default().with_expiration(time.into());
    peer.publish("", &unconsumed, last, b"the last to expire").await;
    await_until("the last message has expired", || async {
        vhost.existing_queue(&unconsumed).await.ready == 0
    })
    .await;
    peer.close().await;
}
