//! A private RabbitMQ node, disturbed from inside.

use super::{BOUND, node::Node, target::Depth};
use crate::{Failure, dice::Dice, ledger::Ledger};

pub(crate) struct RabbitMq {
    node: Node,
    uri: String,
}

#[derive(Clone, Copy)]
enum Fault {
    Restart,
    CloseAll,
    Close,
    Kill,
    KillChannel,
    DeleteReplyQueue,
    DeleteRequestQueue,
    Block,
}

const FAULTS: &[(u64, Fault)] = &[
    (1, Fault::Restart),
    (2, Fault::CloseAll),
    (6, Fault::Close),
    (8, Fault::Kill),
    (3, Fault::KillChannel),
    (3, Fault::DeleteReplyQueue),
    (1, Fault::DeleteRequestQueue),
    (3, Fault::Block),
];

const VHOST: &str = "soak";
const QUEUES: [&str; 2] = ["work", "vault"];

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

    pub(super) async fn disturb(&mut self, dice: &mut Dice, ledger: &Ledger) -> String {
        let nth = dice.roll() >> 1;
        // Whichever is the n-th, if there is any.
        let some_of = |list: &str, what: &str| {
            format!("case {list} of [] -> none; L -> P = lists:nth({nth} rem length(L) + 1, L), {what} end")
        };
        let (text, expression) = match dice.weighted(FAULTS) {
            Fault::Restart => {
                ledger.note("the broker restarts");
                ("broker restarted", "rabbit:stop(), rabbit:start()".to_owned())
            }
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
            Fault::DeleteReplyQueue => {
                let queues: Vec<_> = self.queues().await;
                let replies: Vec<_> =
                    queues.iter().filter(|name| name.starts_with("amqp-rpc.reply.")).collect();
                let deletion = dice.pick(&replies).map_or("none".to_owned(), |queue| delete(queue));
                ("reply queue deleted", deletion)
            }
            Fault::DeleteRequestQueue => {
                ("request queue deleted", delete(QUEUES[dice.below(QUEUES.len() as u64) as usize]))
            }
            Fault::Block => {
                ledger.note("the broker takes no messages");
                let pause = dice.millis(50, 800).as_millis();
                let alarm = "{resource_limit, memory, node()}";
                (
                    "publishers blocked",
                    format!(
                        "rabbit_alarm:set_alarm({{{alarm}, []}}), timer:sleep({pause}), rabbit_alarm:clear_alarm({alarm})"
                    ),
                )
            }
        };
        match tokio::time::timeout(BOUND, self.node.eval(&expression)).await {
            Ok(Ok(_)) => text.to_owned(),
            // Another disturbance may have been quicker.
            Ok(Err(failure)) => {
                ledger.note(&failure.to_string());
                format!("{text}, in vain")
            }
            Err(_) => format!("{text}, without end"),
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

fn delete(queue: &str) -> String {
    format!(
        "case {} of {{ok, Q}} -> rabbit_amqqueue:delete(Q, false, false, <<\"soak\">>); _ -> none end",
        lookup(queue)
    )
}
