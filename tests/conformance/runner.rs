//! Runs a script on a broker and writes the transcript: each line, then everything that was received because
//! of it.
//!
//! After each line the runner waits until nothing more can arrive: every channel has confirmed a barrier, and
//! every queue has confirmed a passive declare that came after the line's messages. So a transcript also
//! shows what did not happen, without a clock.

use std::collections::{BTreeMap, BTreeSet};

use amq_protocol::protocol::AMQPClass;

use super::{
    arguments::Arguments,
    client::{Client, Received},
    client_connect,
    confirms::ConfirmLines,
    generated_names::GeneratedNames,
    methods::method,
    test_broker::TestBroker,
};

/// The channel that queries the exclusive queues of a connection. Transcripts do not show it.
pub(crate) const OBSERVER_CHANNEL: u16 = 1000;

#[derive(Debug)]
pub(crate) struct ScriptRunner {
    pub(crate) broker: TestBroker,
    pub(crate) names: GeneratedNames,
    pub(crate) clients: BTreeMap<String, Client>,
    /// Connections whose handshake and channels are lines of the script.
    pub(crate) manual: BTreeSet<String>,
    /// Queries queues; not part of the script.
    pub(crate) observer: Client,
    /// The queues to query after each line, with the connection that owns an exclusive one.
    pub(crate) queues: BTreeMap<String, Option<String>>,
    pub(crate) unobserved: BTreeSet<String>,
    /// The responses to wait for: connection, channel, method.
    pub(crate) awaited: Vec<(String, u16, String)>,
    received: BTreeMap<(String, u16), Vec<Received>>,
    confirmed: BTreeMap<(String, u16), ConfirmLines>,
    transcript: String,
}

impl ScriptRunner {
    /// Runs the script and returns its transcript.
    pub(crate) async fn run(broker: TestBroker, script: &str) -> String {
        let mut observer = Client::dial(&broker.address).await;
        client_connect::handshake(&mut observer, "guest", "guest", &broker.vhost, &mut Arguments::default())
            .await;
        observer.open_channel(1).await;
        let mut runner = Self {
            names: GeneratedNames::new(&broker.vhost),
            broker,
            clients: BTreeMap::new(),
            manual: BTreeSet::new(),
            observer,
            queues: BTreeMap::new(),
            unobserved: BTreeSet::new(),
            awaited: Vec::new(),
            received: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            transcript: String::new(),
        };
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            runner.line(line).await;
        }
        runner.transcript
    }

    async fn line(&mut self, line: &str) {
        self.transcript.push_str(line);
        self.transcript.push('\n');
        let actual = self.names.actual(line);
        // A line with `+` is sent together with the next one.
        if let Some(actual) = actual.strip_prefix("+ ") {
            return self.run_command(actual).await;
        }
        self.run_command(&actual).await;
        for client in self.clients.values_mut() {
            client.flush().await;
        }
        for (connection, channel, answer) in std::mem::take(&mut self.awaited) {
            if let Some(client) = self.clients.get_mut(&connection) {
                client.until(&answer, |client| is_answered(client, channel, &answer)).await;
            }
        }
        self.settle().await;
        self.record();
    }

    /// Waits until everything that the line caused has been received.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..2 {
            self.pass_barriers().await;
            self.query_queues().await;
        }
        // A channel sends its confirms after the response to the barrier.
        self.pass_barriers().await;
        self.pass_barriers().await;
        for client in self.clients.values_mut() {
            if client.closing && !client.ended && !client.held.contains(&0) {
                client.until("the end of a closed connection", |client| client.ended).await;
            }
        }
        self.collect();
    }

    /// Sends a barrier on each channel: a method that changes nothing, and whose response comes after
    /// everything else on the channel.
    async fn pass_barriers(&mut self) {
        self.collect();
        let mut barriers = Vec::new();
        for (name, client) in &mut self.clients {
            for channel in client.open_channels().into_iter().filter(|channel| *channel != OBSERVER_CHANNEL) {
                client.queue_method(channel, flow());
                barriers.push((name.clone(), channel));
            }
            client.flush().await;
        }
        for (name, channel) in barriers {
            let client = self.clients.get_mut(&name).expect("no client is removed during a barrier");
            client
                .until("a barrier", |client| client.take_barriers(channel) > 0 || !client.is_open(channel))
                .await;
        }
    }

    fn collect(&mut self) {
        for (name, client) in &mut self.clients {
            for channel in
                client.channels_with_input().into_iter().filter(|channel| *channel != OBSERVER_CHANNEL)
            {
                self.received.entry((name.clone(), channel)).or_default().extend(client.take(channel));
            }
        }
    }

    fn record(&mut self) {
        self.collect();
        for ((connection, channel), received) in std::mem::take(&mut self.received) {
            let place = if channel == 0 { connection.clone() } else { format!("{connection}/{channel}") };
            let confirmed = self.confirmed.entry((connection.clone(), channel)).or_default();
            for line in confirmed.lines(&received) {
                let shown = self.names.shown(&format!("    {place} <- {line}\n"));
                self.transcript.push_str(&shown);
            }
            for received in received.iter().filter(|received| received.name == "queue.declare-ok") {
                if let Some(queue) = received.text.split(' ').next() {
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

/// Returns whether the response has arrived, or can no longer arrive.
fn is_answered(client: &Client, channel: u16, answer: &str) -> bool {
    let is_answer = |received: &Received| {
        received.name == answer || (answer == "basic.get-ok" && received.name == "basic.get-empty")
    };
    let closed = |received: &Received| received.name == "channel.close";
    client.ended
        || client.received(0).any(|received| received.name == "connection.close")
        || client.received(channel).any(|received| is_answer(received) || closed(received))
}

fn flow() -> AMQPClass {
    method("channel.flow", &mut Arguments::default())
}
