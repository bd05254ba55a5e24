//! The owner of a link's list: finds out which acknowledgements the broker has, and ends with the link.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::{Broker, DataChannel};
use tokio::task::JoinSet;

use super::{on_link::BegunOnLink, remembered::RememberedMessages};

/// Acknowledgements of this time are proven together, which costs one round trip. A message that is
/// acknowledged within it before its link is lost is remembered without need.
const PAUSE: Duration = Duration::from_millis(100);

/// The messages that were begun on a link. Dropped with it, they are remembered.
#[derive(Debug)]
pub(crate) struct LinkMessages {
    on_link: Option<Arc<BegunOnLink>>,
    _proving: JoinSet<()>,
}

impl LinkMessages {
    /// Begins the list of a link whose queues are consumed. There is none where the broker's mark of a
    /// redelivery can be relied on.
    pub(crate) fn begin(remembered: &Arc<RememberedMessages>, broker: Broker, channel: &DataChannel) -> Self {
        remembered.connected(Instant::now());
        let mut proving = JoinSet::new();
        let on_link = (!broker.marks_redeliveries_after_restart()).then(|| {
            let on_link = Arc::new(BegunOnLink::new(Arc::clone(remembered)));
            proving.spawn(prove_acknowledgements(Arc::clone(&on_link), channel.clone()));
            on_link
        });
        Self { on_link, _proving: proving }
    }

    pub(crate) fn on_link(&self) -> Option<Arc<BegunOnLink>> {
        self.on_link.clone()
    }
}

impl Drop for LinkMessages {
    fn drop(&mut self) {
        if let Some(on_link) = &self.on_link {
            on_link.lose();
        }
    }
}

/// Proves acknowledgements until the channel is lost. AMQP does not confirm them. The broker handles a channel
/// in order, so that a reply to anything later on the same channel does.
async fn prove_acknowledgements(on_link: Arc<BegunOnLink>, channel: DataChannel) {
    loop {
        on_link.until_acknowledged().await;
        tokio::time::sleep(PAUSE).await;
        let acknowledged = on_link.count_acknowledged();
        if channel.round_trip().await.is_err() {
            return;
        }
        on_link.prove(acknowledged);
    }
}
