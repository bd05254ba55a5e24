//! A private RabbitMQ node, disturbed from inside.

use std::time::Duration;

use super::{
    MAX_DURATION,
    node::Node,
    queue::{Depth, is_of_a_connection},
};
use crate::{
    Failure,
    ledgers::{journal::Journal, queue::Queue},
    random::Rng,
};

pub(crate) struct RabbitMq {
    node: Node,
    uri: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Restart,
    CloseAll,
    Close,
    Kill,
    KillChannel,
    /// For replies, or of a listener.
    DeleteConnectionQueue,
    DeleteRequestQueue,
    Block,
}

const FAULTS: &[(u64, Fault)] = &[
    (1, Fault::Restart),
    (2, Fault::CloseAll),
    (6, Fault::Close),
    (8, Fault::Kill),
    (3, Fault::KillChannel),
    (3, Fault::DeleteConnectionQueue),
    (1, Fault::DeleteRequestQueue),
    (3, Fault::Block),
];

/// An expression that breaks something when the node evaluates it.
struct Disturbance {
    text: &'static str,
    expression: String,
    deleted: Option<Queue>,
}

const VHOST: &str = "soak";
/// The queues of calls. They may be deleted with all they hold.
const CALLED: [Queue; 2] = [Queue::Work, Queue::Vault];

impl RabbitMq {
    /// A fresh virtual host on the node of `url`.
    pub(super) async fn prepare(url: &str) -> Result<Self, Failure> {
        let node = Node::of_this_run()?;
        node.eval(&format!("catch rabbit_vhost:delete(<<\"{VHOST}\">>, <<\"soak\">>)")).await?;
        node.eval(&format!(
            "ok = rabbit_vhost:add(<<\"{VHOST}\">>, <<\"soak\">>), rabbit_auth_backend_internal:set_permissions(
                 <<\"guest\">>, <<\"{VHOST}\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"soak\">>)"
        ))
        .await?;
        Ok(Self { node, uri: format!("{}/{VHOST}", url.trim_end_matches('/')) })
    }

    pub(super) fn uri(&self) -> String {
        self.uri.clone()
    }

    pub(super) async fn disturb(&mut self, rng: &mut Rng, journal: &Journal) -> String {
        self.check_whether_queues_count(journal).await;
        let nth = rng.next_u64() >> 1;
        let fault = rng.weighted(FAULTS);
        if fault == Fault::Restart {
            journal.note("the broker restarts");
            journal.unmarked_redeliveries.restarts(journal.millis());
        }
        if fault == Fault::Block {
            journal.note("the broker blocks publishers");
        }
        let Disturbance { text, expression, deleted } = self.disturbance(fault, nth, rng).await;
        match tokio::time::timeout(MAX_DURATION, self.node.eval(&expression)).await {
            Ok(Ok(_)) => {
                if let Some(queue) = deleted {
                    journal.unmarked_redeliveries.counts(queue, journal.millis());
                }
                text.to_owned()
            }
            // Another disturbance may have been quicker.
            Ok(Err(failure)) => {
                journal.note(&failure.to_string());
                format!("{text}, without effect")
            }
            Err(_) => format!("{text}, without end"),
        }
    }

    async fn disturbance(&self, fault: Fault, nth: u64, rng: &mut Rng) -> Disturbance {
        let mut deleted = None;
        // The n-th of a list, if there is any.
        let some_of = |list: &str, what: &str| {
            format!("case {list} of [] -> none; L -> P = lists:nth({nth} rem length(L) + 1, L), {what} end")
        };
        let (text, expression) = match fault {
            Fault::Restart => ("broker restarted", "rabbit:stop(), rabbit:start()".to_owned()),
            Fault::CloseAll => (
                "all connections closed",
                format!("[rabbit_networking:close_connection(P, \"soak\") || P <- {}]", connections()),
            ),
            Fault::Close => (
                "connection closed",
                some_of(&connections(), "rabbit_networking:close_connection(P, \"soak\")"),
            ),
            Fault::Kill => ("connection killed", some_of(&connections(), "exit(P, kill)")),
            Fault::KillChannel => ("channel killed", some_of("rabbit_channel:list_local()", "exit(P, kill)")),
            Fault::DeleteConnectionQueue => {
                let queues: Vec<_> = self.queues().await;
                let of_connections: Vec<_> = queues.iter().filter(|name| is_of_a_connection(name)).collect();
                let deletion = rng.pick(&of_connections).map_or("none".to_owned(), |queue| delete(queue));
                ("queue of a connection deleted", deletion)
            }
            Fault::DeleteRequestQueue => {
                let queue = CALLED[rng.below(CALLED.len() as u64) as usize];
                deleted = Some(queue);
                ("request queue deleted", delete(queue.name()))
            }
            Fault::Block => ("publishers blocked", block(rng.millis(50, 800))),
        };
        Disturbance { text, expression, deleted }
    }

    /// A queue counts what it delivers when the next message to be counted is the next one to come. Not so
    /// while messages wait, which says nothing; then it is asked again before the next disturbance.
    async fn check_whether_queues_count(&self, journal: &Journal) {
        for queue in journal.unmarked_redeliveries.doubtful() {
            let ask = format!(
                "{{ok, Q}} = {}, [{{_, S}}] = rabbit_amqqueue:info(Q, [backing_queue_status]),
                 proplists:get_value(next_seq_id, S) =:= proplists:get_value(next_deliver_seq_id, S)",
                lookup(queue.name())
            );
            if self.node.eval(&ask).await.is_ok_and(|answer| answer == "true") {
                journal.unmarked_redeliveries.counts(queue, journal.millis());
                journal.note(&format!("queue {} counts what it delivers", queue.name()));
            }
        }
    }

    pub(super) async fn calm(&mut self) {
        let _ = self.node.eval("rabbit_alarm:clear_alarm({resource_limit, memory, node()})").await;
    }

    pub(super) async fn queues(&self) -> Vec<String> {
        let list = format!(
            "list_to_atom(lists:flatten(lists:join($,, [binary_to_list(element(4, amqqueue:get_name(Q)))
                 || Q <- rabbit_amqqueue:list(<<\"{VHOST}\">>)])))"
        );
        let names = self.node.eval(&list).await.unwrap_or_default();
        names.trim_matches('\'').split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    pub(super) async fn depth(&self, queue: &str) -> Option<Depth> {
        let ask = format!(
            "case {} of
                 {{ok, Q}} -> [{{_, R}}, {{_, U}}] = rabbit_amqqueue:info(Q, [messages_ready, messages_unacknowledged]), {{R, U}};
                 _ -> none
             end",
            lookup(queue)
        );
        let answer = self.node.eval(&ask).await.ok()?;
        let (ready, unacked) = answer.strip_prefix('{')?.strip_suffix('}')?.split_once(',')?;
        Some(Depth { ready: ready.parse().ok()?, unacked: unacked.parse().ok()? })
    }

    pub(super) async fn finish(self) {
        let _ = self.node.eval(&format!("rabbit_vhost:delete(<<\"{VHOST}\">>, <<\"soak\">>)")).await;
    }
}

fn connections() -> String {
    format!(
        "[P || P <- rabbit_networking:connections(),
               try rabbit_reader:info(P, [vhost]) =:= [{{vhost, <<\"{VHOST}\">>}}] catch _:_ -> false end]"
    )
}

fn lookup(queue: &str) -> String {
    format!("rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{VHOST}\">>, queue, <<\"{queue}\">>))")
}

/// Sets the memory alarm for a while.
fn block(pause: Duration) -> String {
    let (alarm, pause) = ("{resource_limit, memory, node()}", pause.as_millis());
    format!(
        "rabbit_alarm:set_alarm({{{alarm}, []}}), timer:sleep({pause}), rabbit_alarm:clear_alarm({alarm})"
    )
}

fn delete(queue: &str) -> String {
    format!(
        "case {} of {{ok, Q}} -> rabbit_amqqueue:delete(Q, false, false, <<\"soak\">>); _ -> none end",
        lookup(queue)
    )
}
