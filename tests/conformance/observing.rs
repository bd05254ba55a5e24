//! What is asked about queues beside the script: so that their messages have arrived, and to wait for facts.

use std::time::{Duration, Instant};

use super::{
    methods::method,
    peer::Peer,
    stage::{HIDDEN, Stage},
    words::{Words, quoted},
};

/// How long a queue may take to become what a script waits for.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages: u32,
    pub(crate) consumers: u32,
}

impl Stage {
    /// An answer of a queue comes after the messages that it has sent before.
    pub(crate) async fn ask_queues(&mut self) {
        let names: Vec<_> =
            self.queues.keys().filter(|name| !self.unwatched.contains(*name)).cloned().collect();
        for queue in names {
            if self.counts(&queue).await.is_none() {
                self.queues.remove(&queue);
            }
        }
    }

    /// The state of a queue, or nothing when it is gone or hidden from everyone who is left.
    async fn counts(&mut self, queue: &str) -> Option<Counts> {
        let owner = self.queues.get(queue).cloned().flatten();
        match owner {
            None => ask(&mut self.observer, 1, queue).await,
            Some(owner) => {
                let peer = self.peers.get_mut(&owner).filter(|peer| !peer.open_channels().is_empty())?;
                ask(peer, HIDDEN, queue).await
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
                start.elapsed() < PATIENCE,
                "{queue} should have {messages} messages but it is {counts:?}"
            );
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    pub(crate) async fn wait_until_queue_is_gone(&mut self, queue: &str) {
        let start = Instant::now();
        // A queue that was exclusive can be asked about by the observer only once it is gone.
        while ask_closing(&mut self.observer, queue).await != Some(404) {
            assert!(start.elapsed() < PATIENCE, "{queue} is still there");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        self.queues.remove(queue);
        self.note(&format!("{queue} is gone"));
    }

    /// Asking about a queue counts as using it; publishing to it does not.
    pub(crate) async fn wait_until_unroutable(&mut self, queue: &str) {
        let start = Instant::now();
        let line = format!("\"\" {} mandatory", quoted(queue));
        loop {
            let mut words = Words::parse(&line);
            self.observer.queue_method(1, method("basic.publish", &mut words));
            self.observer.queue_content(1, Default::default(), b"probe");
            self.observer.queue_method(1, method("channel.flow", &mut Words::default()));
            self.observer.flush().await;
            self.observer.until("a barrier", |peer| peer.take_barriers(1) > 0).await;
            if self.observer.take(1).iter().any(|heard| heard.name == "basic.return") {
                return self.note(&format!("{queue} is unroutable"));
            }
            assert!(start.elapsed() < PATIENCE, "{queue} is still there");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}

async fn ask(peer: &mut Peer, channel: u16, queue: &str) -> Option<Counts> {
    let answer = asked(peer, channel, queue).await?;
    let (rest, consumers) = answer.rsplit_once(" consumers=")?;
    let (_, messages) = rest.rsplit_once(" messages=")?;
    let count = |text: &str| text.parse().expect("a queue counts in numbers");
    Some(Counts { messages: count(messages), consumers: count(consumers) })
}

/// The code with which the question was refused.
async fn ask_closing(peer: &mut Peer, queue: &str) -> Option<u16> {
    asked(peer, 1, queue).await?.split(' ').next()?.parse().ok()
}

/// What the question was answered with: the text of the `declare-ok` or of the close.
async fn asked(peer: &mut Peer, channel: u16, queue: &str) -> Option<String> {
    if !peer.is_open(channel) {
        peer.open_channel(channel).await;
    }
    let mut words = Words::parse(&format!("{} passive", quoted(queue)));
    peer.queue_method(channel, method("queue.declare", &mut words));
    peer.flush().await;
    peer.until("the state of a queue", |peer| peer.heard(channel).next().is_some() || !peer.is_open(channel))
        .await;
    Some(peer.take(channel).first()?.text.clone())
}
