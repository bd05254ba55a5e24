//! The embedded broker, which breaks on demand.

use std::time::Duration;

use amqp_rpc_broker::{
    Broker, Vhost,
    faults::{Action, Connection, Direction, Event, Method, Rule},
    recorder::Observed,
};
use tokio::time::Instant;

use super::target::{Depth, is_of_a_connection};
use crate::{Failure, dice::Dice, forgetting::Queue, journal::Journal};

pub(crate) struct Embedded {
    broker: Broker,
    /// What is in force, and until when.
    rules: Vec<(Rule, Instant)>,
}

#[derive(Clone, Copy)]
enum Fault {
    Crash,
    Restart,
    CloseAll,
    Reset,
    Close,
    CloseChannel,
    CancelConsumers,
    /// For replies, or of a listener.
    DeleteConnectionQueue,
    DeleteRequestQueue,
    Block,
    Stall,
    BreakAfterReply,
    BreakAfterRequest,
    BreakAfterDelivery,
    DuplicateReplies,
    DropReplies,
    DropRequests,
    Delay,
    Truncate,
    RefuseConnections,
    RefuseRequests,
}

const FAULTS: &[(u64, Fault)] = &[
    (2, Fault::Crash),
    (2, Fault::Restart),
    (2, Fault::CloseAll),
    (8, Fault::Reset),
    (4, Fault::Close),
    (4, Fault::CloseChannel),
    (3, Fault::CancelConsumers),
    (3, Fault::DeleteConnectionQueue),
    (1, Fault::DeleteRequestQueue),
    (3, Fault::Block),
    (3, Fault::Stall),
    (4, Fault::BreakAfterReply),
    (4, Fault::BreakAfterRequest),
    (3, Fault::BreakAfterDelivery),
    (4, Fault::DuplicateReplies),
    (2, Fault::DropReplies),
    (2, Fault::DropRequests),
    (3, Fault::Delay),
    (2, Fault::Truncate),
    (2, Fault::RefuseConnections),
    (2, Fault::RefuseRequests),
];

/// The queues of calls. Their requests may be lost, and they may be deleted with all they hold.
const CALLED: [&str; 2] = ["work", "vault"];

/// All that servers consume and that outlives them.
fn consumed(dice: &mut Dice) -> &'static str {
    Queue::ALL[dice.below(Queue::ALL.len() as u64) as usize].name()
}

impl Embedded {
    pub(super) async fn start() -> Result<Self, Failure> {
        Ok(Self { broker: Broker::start().await?, rules: Vec::new() })
    }

    pub(super) fn uri(&self) -> String {
        self.broker.uri()
    }

    pub(super) async fn disturb(&mut self, dice: &mut Dice, journal: &Journal) -> String {
        let now = Instant::now();
        self.rules.retain(|(_, end)| *end > now);
        let times = 1 + dice.below(5) as usize;
        let replies = || Event::from_client(Method::BasicPublish).exchange("").matching(is_reply);
        let requests = || Event::from_client(Method::BasicPublish).exchange("amqp-rpc");
        let text = match dice.weighted(FAULTS) {
            Fault::Crash => {
                self.broker.crash().await;
                journal.note("the broker is down");
                tokio::time::sleep(dice.millis(10, 600)).await;
                self.bring_up().await;
                "broker crashed and up again"
            }
            Fault::Restart => {
                self.broker.take_down().await;
                journal.note("the broker is down");
                tokio::time::sleep(dice.millis(0, 600)).await;
                self.bring_up().await;
                "broker restarted"
            }
            Fault::CloseAll => {
                self.vhost().close_connections("for the soak").await;
                "all connections closed"
            }
            Fault::Reset => {
                self.with_connection(dice, |connection, _| connection.reset()).await;
                "connection reset"
            }
            Fault::Close => {
                let close =
                    |connection: &Connection, _: &mut Dice| connection.close(320, "CONNECTION_FORCED - soak");
                self.with_connection(dice, close).await;
                "connection closed"
            }
            Fault::CloseChannel => {
                let close = |connection: &Connection, dice: &mut Dice| {
                    connection.close_channel(1 + dice.below(2) as u16, 406, "PRECONDITION_FAILED - soak");
                };
                self.with_connection(dice, close).await;
                "channel closed"
            }
            Fault::CancelConsumers => {
                self.vhost().cancel_consumers(consumed(dice)).await;
                "consumers cancelled"
            }
            Fault::DeleteConnectionQueue => {
                let queues = self.queues().await;
                let of_connections: Vec<_> = queues.iter().filter(|name| is_of_a_connection(name)).collect();
                if let Some(queue) = dice.pick(&of_connections) {
                    self.vhost().delete_queue(queue).await;
                }
                "queue of a connection deleted"
            }
            Fault::DeleteRequestQueue => {
                self.vhost().delete_queue(queue(dice)).await;
                "request queue deleted"
            }
            Fault::Block => {
                self.broker.block("for the soak");
                journal.note("the broker takes no messages");
                tokio::time::sleep(dice.millis(50, 800)).await;
                self.broker.unblock();
                "publishers blocked"
            }
            Fault::Stall => {
                let connections = self.vhost().open_connections().await;
                if let Some(connection) = dice.pick(&connections) {
                    let direction = if dice.one_in(2) { Direction::FromClient } else { Direction::ToClient };
                    let rule = connection.stall(direction);
                    self.keep(rule, dice.millis(100, 1500));
                }
                "connection stalled"
            }
            Fault::BreakAfterReply => {
                self.rule(replies().nth(times), Action::BreakAfter, "broken after a reply")
            }
            Fault::BreakAfterRequest => {
                self.rule(requests().nth(times), Action::BreakAfter, "broken after a request")
            }
            Fault::BreakAfterDelivery => self.rule(
                Event::to_client(Method::BasicDeliver).nth(times),
                Action::BreakAfter,
                "broken after a delivery",
            ),
            Fault::DuplicateReplies => {
                self.rule(replies().times(20 * times), Action::Duplicate, "replies duplicated")
            }
            // Of what is confirmed none is dropped: the confirms of what comes later would be its own, which no network does.
            Fault::DropReplies => {
                let unconfirmed =
                    Event::from_client(Method::BasicPublish).exchange("").matching(is_plain_reply);
                self.rule(unconfirmed.times(times), Action::Drop, "replies dropped")
            }
            Fault::DropRequests => {
                let unconfirmed = requests().matching(is_request_of_a_call);
                self.rule(unconfirmed.times(times), Action::Drop, "requests dropped")
            }
            Fault::Delay => {
                let delay = Action::Delay(dice.millis(20, 200));
                self.rule(requests().times(times), delay, "requests delayed")
            }
            Fault::Truncate => {
                let cut = Action::Truncate(dice.below(60) as usize);
                self.rule(Event::to_client(Method::BasicDeliver).nth(times), cut, "delivery cut in two")
            }
            Fault::RefuseConnections => {
                self.broker.refuse_connections(times);
                self.with_connection(dice, |connection, _| connection.reset()).await;
                "connections refused"
            }
            Fault::RefuseRequests => {
                let refuse = Action::CloseChannel(406, "PRECONDITION_FAILED - soak".to_owned());
                self.rule(requests().nth(times), refuse, "channel closed at a request")
            }
        };
        text.to_owned()
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

    async fn bring_up(&self) {
        // The port is its own: nothing else on this machine is given it meanwhile, or soon lets go of it.
        while self.broker.bring_up().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn with_connection(&self, dice: &mut Dice, disturb: impl Fn(&Connection, &mut Dice)) {
        let connections = self.vhost().open_connections().await;
        if let Some(connection) = dice.pick(&connections) {
            disturb(connection, dice);
        }
    }

    fn rule(&mut self, event: Event, action: Action, text: &'static str) -> &'static str {
        let rule = self.broker.on(event, action);
        self.keep(rule, Duration::from_secs(1));
        text
    }

    fn keep(&mut self, rule: Rule, time: Duration) {
        self.rules.push((rule, Instant::now() + time));
    }

    fn vhost(&self) -> Vhost {
        self.broker.vhost("/").expect("it is there from the start, and nobody removes it")
    }
}

fn is_reply(observed: &Observed) -> bool {
    let key = observed.routing_key().unwrap_or_default();
    is_plain_reply(observed) || key.starts_with("amq.rabbitmq.reply-to")
}

fn is_plain_reply(observed: &Observed) -> bool {
    observed.routing_key().is_some_and(|key| key.starts_with("amqp-rpc.reply."))
}

fn is_request_of_a_call(observed: &Observed) -> bool {
    let service = observed.routing_key().and_then(|key| key.split('.').next());
    service.is_some_and(|service| CALLED.contains(&service))
}

fn queue(dice: &mut Dice) -> &'static str {
    CALLED[dice.below(CALLED.len() as u64) as usize]
}
