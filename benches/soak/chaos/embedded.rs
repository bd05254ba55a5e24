//! The faults of a run on the embedded broker.

use std::time::Duration;

use amqp_rpc_broker::{
    Broker, Vhost,
    faults::{Action, Connection, Direction, Matcher, Method, Rule},
    recorder::ObservedMethod,
};
use tokio::time::Instant;

use super::{
    embedded_faults::{BrokerFault, ConnectionFault, FAULTS, Fault, RuleFault},
    queue::{Depth, is_of_a_connection},
};
use crate::{
    Failure,
    ledgers::{journal::Journal, queue::Queue},
    random::Rng,
};

pub(crate) struct Embedded {
    broker: Broker,
    /// The active rules, and until when.
    rules: Vec<(Rule, Instant)>,
}

/// The queues of calls. Their requests may be lost, and they may be deleted with all they hold.
const CALLED: [&str; 2] = ["work", "vault"];

/// A queue that servers consume and that outlives them.
fn consumed(rng: &mut Rng) -> &'static str {
    Queue::ALL[rng.below(Queue::ALL.len() as u64) as usize].name()
}

impl Embedded {
    pub(super) async fn start() -> Result<Self, Failure> {
        Ok(Self { broker: Broker::start().await?, rules: Vec::new() })
    }

    pub(super) fn uri(&self) -> String {
        self.broker.uri()
    }

    pub(super) async fn disturb(&mut self, rng: &mut Rng, journal: &Journal) -> String {
        let now = Instant::now();
        self.rules.retain(|(_, end)| *end > now);
        let times = 1 + rng.below(5) as usize;
        let text = match rng.weighted(FAULTS) {
            Fault::Broker(fault) => self.disturb_broker(fault, rng, journal).await,
            Fault::Connection(fault) => self.disturb_connection(fault, times, rng).await,
            Fault::Rule(fault) => self.add_rule(fault, times, rng),
        };
        text.to_owned()
    }

    async fn disturb_broker(&mut self, fault: BrokerFault, rng: &mut Rng, journal: &Journal) -> &'static str {
        match fault {
            BrokerFault::Crash => {
                self.broker.crash().await;
                journal.note("the broker is down");
                tokio::time::sleep(rng.millis(10, 600)).await;
                self.start_again().await;
                "broker crashed and up again"
            }
            BrokerFault::Restart => {
                self.broker.stop().await;
                journal.note("the broker is down");
                tokio::time::sleep(rng.millis(0, 600)).await;
                self.start_again().await;
                "broker restarted"
            }
            BrokerFault::CloseAll => {
                self.vhost().close_connections("for the soak").await;
                "all connections closed"
            }
            BrokerFault::CancelConsumers => {
                self.vhost().cancel_consumers(consumed(rng)).await;
                "consumers cancelled"
            }
            BrokerFault::DeleteConnectionQueue => {
                let queues = self.queues().await;
                let of_connections: Vec<_> = queues.iter().filter(|name| is_of_a_connection(name)).collect();
                if let Some(queue) = rng.pick(&of_connections) {
                    self.vhost().delete_queue(queue).await;
                }
                "queue of a connection deleted"
            }
            BrokerFault::DeleteRequestQueue => {
                self.vhost().delete_queue(queue(rng)).await;
                "request queue deleted"
            }
            BrokerFault::Block => {
                self.broker.block("for the soak");
                journal.note("the broker blocks publishers");
                tokio::time::sleep(rng.millis(50, 800)).await;
                self.broker.unblock();
                "publishers blocked"
            }
        }
    }

    async fn disturb_connection(
        &mut self,
        fault: ConnectionFault,
        times: usize,
        rng: &mut Rng,
    ) -> &'static str {
        match fault {
            ConnectionFault::Reset => {
                self.with_connection(rng, |connection, _| connection.reset()).await;
                "connection reset"
            }
            ConnectionFault::Close => {
                let close =
                    |connection: &Connection, _: &mut Rng| connection.close(320, "CONNECTION_FORCED - soak");
                self.with_connection(rng, close).await;
                "connection closed"
            }
            ConnectionFault::CloseChannel => {
                let close = |connection: &Connection, rng: &mut Rng| {
                    connection.close_channel(1 + rng.below(2) as u16, 406, "PRECONDITION_FAILED - soak");
                };
                self.with_connection(rng, close).await;
                "channel closed"
            }
            ConnectionFault::Stall => {
                let connections = self.vhost().open_connections().await;
                if let Some(connection) = rng.pick(&connections) {
                    let direction = if rng.one_in(2) { Direction::FromClient } else { Direction::ToClient };
                    let rule = connection.stall(direction);
                    self.keep(rule, rng.millis(100, 1500));
                }
                "connection stalled"
            }
            ConnectionFault::Refuse => {
                self.broker.refuse_connections(times);
                self.with_connection(rng, |connection, _| connection.reset()).await;
                "connections refused"
            }
        }
    }

    fn add_rule(&mut self, fault: RuleFault, times: usize, rng: &mut Rng) -> &'static str {
        let replies = || Matcher::from_client(Method::BasicPublish).exchange("").matching(is_reply);
        let requests = || Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc");
        match fault {
            RuleFault::BreakAfterReply => {
                self.rule(replies().nth(times), Action::BreakAfter, "broken after a reply")
            }
            RuleFault::BreakAfterRequest => {
                self.rule(requests().nth(times), Action::BreakAfter, "broken after a request")
            }
            RuleFault::BreakAfterDelivery => self.rule(
                Matcher::to_client(Method::BasicDeliver).nth(times),
                Action::BreakAfter,
                "broken after a delivery",
            ),
            RuleFault::DuplicateReplies => {
                self.rule(replies().times(20 * times), Action::Duplicate, "replies duplicated")
            }
            // Only messages without a publisher confirm are dropped: otherwise later confirms would be taken
            // for theirs.
            RuleFault::DropReplies => {
                let unconfirmed =
                    Matcher::from_client(Method::BasicPublish).exchange("").matching(is_plain_reply);
                self.rule(unconfirmed.times(times), Action::Drop, "replies dropped")
            }
            RuleFault::DropRequests => {
                let unconfirmed = requests().matching(is_request_of_a_call);
                self.rule(unconfirmed.times(times), Action::Drop, "requests dropped")
            }
            RuleFault::Delay => {
                let delay = Action::Delay(rng.millis(20, 200));
                self.rule(requests().times(times), delay, "requests delayed")
            }
            RuleFault::Truncate => {
                let cut = Action::Truncate(rng.below(60) as usize);
                self.rule(Matcher::to_client(Method::BasicDeliver).nth(times), cut, "delivery cut in two")
            }
            RuleFault::RefuseRequests => {
                let refuse = Action::CloseChannel(406, "PRECONDITION_FAILED - soak".to_owned());
                self.rule(requests().nth(times), refuse, "channel closed at a request")
            }
        }
    }

    pub(super) async fn calm(&mut self) {
        self.rules.clear();
        self.broker.refuse_connections(0);
        self.broker.unblock();
    }

    pub(super) async fn queues(&self) -> Vec<String> {
        self.vhost().queues().await.into_iter().map(|queue| queue.name).collect()
    }

    pub(super) async fn depth(&self, queue: &str) -> Option<Depth> {
        let queue = self.vhost().queue(queue).await?;
        Some(Depth { ready: queue.ready as u64, unacked: queue.unacked as u64 })
    }

    pub(super) async fn peek(&self, queue: &str) -> Vec<Vec<u8>> {
        self.vhost().peek(queue).await
    }

    pub(super) async fn finish(self) {
        self.broker.shutdown().await;
    }

    async fn start_again(&self) {
        // Another program may have been given the port meanwhile; it is tried until it is free.
        while self.broker.start_again().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn with_connection(&self, rng: &mut Rng, disturb: impl Fn(&Connection, &mut Rng)) {
        let connections = self.vhost().open_connections().await;
        if let Some(connection) = rng.pick(&connections) {
            disturb(connection, rng);
        }
    }

    fn rule(&mut self, matcher: Matcher, action: Action, text: &'static str) -> &'static str {
        let rule = self.broker.on(matcher, action);
        self.keep(rule, Duration::from_secs(1));
        text
    }

    fn keep(&mut self, rule: Rule, time: Duration) {
        self.rules.push((rule, Instant::now() + time));
    }

    fn vhost(&self) -> Vhost {
        self.broker.vhost("/").expect("it is there from the start, and the soak does not remove it")
    }
}

fn is_reply(observed: &ObservedMethod) -> bool {
    let key = observed.routing_key().unwrap_or_default();
    is_plain_reply(observed) || key.starts_with("amq.rabbitmq.reply-to")
}

fn is_plain_reply(observed: &ObservedMethod) -> bool {
    observed.routing_key().is_some_and(|key| key.starts_with("amqp-rpc.reply."))
}

fn is_request_of_a_call(observed: &ObservedMethod) -> bool {
    let service = observed.routing_key().and_then(|key| key.split('.').next());
    service.is_some_and(|service| CALLED.contains(&service))
}

fn queue(rng: &mut Rng) -> &'static str {
    CALLED[rng.below(CALLED.len() as u64) as usize]
}
