//! Queries the state of queues: so that their deliveries have arrived, and to wait for a state.

use std::time::{Duration, Instant};

use super::{
    arguments::{Arguments, quoted},
    client::Client,
    methods::method,
    runner::{OBSERVER_CHANNEL, ScriptRunner},
};

/// How long a queue may take to reach the state that a script waits for.
const TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages: u32,
    pub(crate) consumers: u32,
}

impl ScriptRunner {
    /// Queries each queue. The response comes after the deliveries that the queue has sent before.
    pub(crate) async fn query_queues(&mut self) {
        let names: Vec<_> =
            self.queues.keys().filter(|name| !self.unobserved.contains(*name)).cloned().collect();
        for queue in names {
            if self.counts(&queue).await.is_none() {
                self.queues.remove(&queue);
            }
        }
    }

    /// Queries a queue; `None` when it is gone, or when its owner is gone.
    async fn counts(&mut self, queue: &str) -> Option<Counts> {
        let owner = self.queues.get(queue).cloned().flatten();
        match owner {
            None => query_counts(&mut self.observer, 1, queue).await,
            Some(owner) => {
                let client =
                    self.clients.get_mut(&owner).filter(|client| !client.open_channels().is_empty())?;
                query_counts(client, OBSERVER_CHANNEL, queue).await
            }
        }
    }

    pub(crate) async fn wait_until_queue_holds(&mut self, queue: &str, messages: u32) {
        let start = Instant::now();
        loop {
            let counts = self.counts(queue).await;
            if counts.is_some_and(|counts| counts.messages == messages) {
                return self.note(&format!("{queue} has {messages} messages"));
            }
            assert!(
                start.elapsed() < TIMEOUT,
                "{queue} should have {messages} messages but it is {counts:?}"
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub(crate) async fn wait_until_queue_is_gone(&mut self, queue: &str) {
        let start = Instant::now();
        // The observer can query an exclusive queue only once it is gone.
        while query_error(&mut self.observer, queue).await != Some(404) {
            assert!(start.elapsed() < TIMEOUT, "{queue} is still there");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        self.queues.remove(queue);
        self.note(&format!("{queue} is gone"));
    }

    /// A query counts as use of the queue, a publish does not.
    pub(crate) async fn wait_until_unroutable(&mut self, queue: &str) {
        let start = Instant::now();
        let line = format!("\"\" {} mandatory", quoted(queue));
        loop {
            let mut arguments = Arguments::parse(&line);
            self.observer.queue_method(1, method("basic.publish", &mut arguments));
            self.observer.queue_content(1, Default::default(), b"probe");
            self.observer.queue_method(1, method("channel.flow", &mut Arguments::default()));
            self.observer.flush().await;
            self.observer.until("a barrier", |client| client.take_barriers(1) > 0).await;
            if self.observer.take(1).iter().any(|received| received.name == "basic.return") {
                return self.note(&format!("{queue} is unroutable"));
            }
            assert!(start.elapsed() < TIMEOUT, "{queue} is still there");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

async fn query_counts(client: &mut Client, channel: u16, queue: &str) -> Option<Counts> {
    let answer = query(client, channel, queue).await?;
    let (rest, consumers) = answer.rsplit_once(" consumers=")?;
    let (_, messages) = rest.rsplit_once(" messages=")?;
    let count = |text: &str| text.parse().expect("counts are numbers");
    Some(Counts { messages: count(messages), consumers: count(consumers) })
}

/// Queries a queue; returns the reply code of the error.
async fn query_error(client: &mut Client, queue: &str) -> Option<u16> {
    query(client, 1, queue).await?.split(' ').next()?.parse().ok()
}

/// Sends a passive declare; returns the text of the `declare-ok` or of the close.
async fn query(client: &mut Client, channel: u16, queue: &str) -> Option<String> {
    if !client.is_open(channel) {
        client.open_channel(channel).await;
    }
    let mut arguments = Arguments::parse(&format!("{} passive", quoted(queue)));
    client.queue_method(channel, method("queue.declare", &mut arguments));
    client.flush().await;
    client
        .until("the state of a queue", |client| {
            client.received(channel).next().is_some() || !client.is_open(channel)
        })
        .await;
    Some(client.take(channel).first()?.text.clone())
}
