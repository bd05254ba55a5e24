//! Plays a script against a broker and writes the transcript: each line, then everything that was heard because of it.
//!
//! After each line the stage waits until nothing more can come: every channel has answered a barrier, and every queue has
//! answered a question that came after the line's messages. So a transcript shows absence as well as presence, without time.

use std::collections::{BTreeMap, BTreeSet};

use amq_protocol::protocol::AMQPClass;

use super::{
    arena::Arena,
    confirmed::Confirmed,
    connecting,
    methods::method,
    names::Names,
    peer::{Heard, Peer},
    words::Words,
};

/// The channel on which a connection is asked about its exclusive queues; transcripts do not show it.
pub(crate) const HIDDEN: u16 = 1000;

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) arena: Arena,
    pub(crate) names: Names,
    pub(crate) peers: BTreeMap<String, Peer>,
    /// Connections whose handshake and channels the script does itself.
    pub(crate) by_hand: BTreeSet<String>,
    /// Asks about queues; not part of the script.
    pub(crate) observer: Peer,
    /// Queues to ask before going on, and the connection that alone may ask.
    pub(crate) queues: BTreeMap<String, Option<String>>,
    pub(crate) unwatched: BTreeSet<String>,
    /// Answers to wait for: connection, channel, method.
    pub(crate) awaited: Vec<(String, u16, String)>,
    heard: BTreeMap<(String, u16), Vec<Heard>>,
    confirmed: BTreeMap<(String, u16), Confirmed>,
    transcript: String,
}

impl Stage {
    /// Plays the script and returns its transcript.
    pub(crate) async fn play(arena: Arena, script: &str) -> String {
        let mut observer = Peer::dial(&arena.address).await;
        connecting::handshake(&mut observer, "guest", "guest", &arena.vhost, &mut Words::default()).await;
        observer.open_channel(1).await;
        let mut stage = Self {
            names: Names::new(&arena.vhost),
            arena,
            peers: BTreeMap::new(),
            by_hand: BTreeSet::new(),
            observer,
            queues: BTreeMap::new(),
            unwatched: BTreeSet::new(),
            awaited: Vec::new(),
            heard: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            transcript: String::new(),
        };
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            stage.line(line).await;
        }
        stage.transcript
    }

    async fn line(&mut self, line: &str) {
        self.transcript.push_str(line);
        self.transcript.push('\n');
        let actual = self.names.actual(line);
        // `+` sends together with the next line.
        if let Some(actual) = actual.strip_prefix("+ ") {
            return self.perform(actual).await;
        }
        self.perform(&actual).await;
        for peer in self.peers.values_mut() {
            peer.flush().await;
        }
        for (connection, channel, answer) in std::mem::take(&mut self.awaited) {
            if let Some(peer) = self.peers.get_mut(&connection) {
                peer.until(&answer, |peer| is_answered(peer, channel, &answer)).await;
            }
        }
        self.settle().await;
        self.record();
    }

    /// Waits until everything that the line caused has been heard.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..2 {
            self.pass_barriers().await;
            self.ask_queues().await;
        }
        // A channel confirms after it has answered the barrier that it was confirming for.
        self.pass_barriers().await;
        self.pass_barriers().await;
        for peer in self.peers.values_mut() {
            if peer.closing && !peer.ended && !peer.held.contains(&0) {
                peer.until("the end of a closed connection", |peer| peer.ended).await;
            }
        }
        self.collect();
    }

    /// A barrier is a method that changes nothing and whose answer comes after everything that its channel had to say.
    async fn pass_barriers(&mut self) {
        self.collect();
        let mut barriers = Vec::new();
        for (name, peer) in &mut self.peers {
            for channel in peer.open_channels().into_iter().filter(|channel| *channel != HIDDEN) {
                peer.queue_method(channel, flow());
                barriers.push((name.clone(), channel));
            }
            peer.flush().await;
        }
        for (name, channel) in barriers {
            let peer = self.peers.get_mut(&name).expect("nobody leaves during a barrier");
            peer.until("a barrier", |peer| peer.take_barriers(channel) > 0 || !peer.is_open(channel)).await;
        }
    }

    fn collect(&mut self) {
        for (name, peer) in &mut self.peers {
            for channel in peer.channels_heard().into_iter().filter(|channel| *channel != HIDDEN) {
                self.heard.entry((name.clone(), channel)).or_default().extend(peer.take(channel));
            }
        }
    }

    fn record(&mut self) {
        self.collect();
        for ((connection, channel), heard) in std::mem::take(&mut self.heard) {
            let place = if channel == 0 { connection.clone() } else { format!("{connection}/{channel}") };
            let confirmed = self.confirmed.entry((connection.clone(), channel)).or_default();
            for line in confirmed.lines(&heard) {
                let shown = self.names.shown(&format!("    {place} <- {line}\n"));
                self.transcript.push_str(&shown);
            }
            for heard in heard.iter().filter(|heard| heard.name == "queue.declare-ok") {
                if let Some(queue) = heard.text.split(' ').next() {
                    let owner = queue.starts_with("amq.gen-").then(|| connection.clone());
                    self.queues.entry(queue.to_owned()).or_insert(owner);
                }
            }
        }
    }

    pub(crate) fn note(&mut self, text: &str) {
        let shown = self.names.shown(&format!("    {text}\n"));
        self.transcript.push_str(&shown);
    }
}

/// Answered also when there can be no answer any more.
fn is_answered(peer: &Peer, channel: u16, answer: &str) -> bool {
    let is_answer =
        |heard: &Heard| heard.name == answer || (answer == "basic.get-ok" && heard.name == "basic.get-empty");
    let closed = |heard: &Heard| heard.name == "channel.close";
    peer.ended
        || peer.heard(0).any(|heard| heard.name == "connection.close")
        || peer.heard(channel).any(|heard| is_answer(heard) || closed(heard))
}

fn flow() -> AMQPClass {
    method("channel.flow", &mut Words::default())
}
