//! What an operator does to a node, and what it does to itself when it runs short: by administration, the process lives on.

use super::node::Node;

/// What a broker may run short of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resource {
    Memory,
    Disk,
}

impl Resource {
    fn as_alarm(self) -> &'static str {
        match self {
            Self::Memory => "{resource_limit, memory, node()}",
            Self::Disk => "{resource_limit, disk, node()}",
        }
    }
}

impl Node {
    /// Stops the broker within the running Erlang node: clients are told 320 `CONNECTION_FORCED`, as in any orderly restart.
    pub(crate) async fn stop_app(&self) {
        self.eval_ok("rabbit:stop()").await;
    }

    /// Starts the broker again, and returns when it serves.
    pub(crate) async fn start_app(&self) {
        self.eval_ok("rabbit:start()").await;
    }

    /// From now on the broker takes no messages: a connection that publishes is told `connection.blocked`.
    ///
    /// The alarm is raised in the background. What is asked afterwards is answered when every connection has been told of it; without
    /// that a publish may be taken as if there were none, and nobody is told.
    pub(crate) async fn set_alarm(&self, resource: Resource) {
        let alarm = resource.as_alarm();
        self.eval_ok(&format!(
            "rabbit_alarm:set_alarm({{{alarm}, []}}), gen_event:which_handlers(rabbit_alarm), ok"
        ))
        .await;
    }

    pub(crate) async fn clear_alarm(&self, resource: Resource) {
        self.eval_ok(&format!("rabbit_alarm:clear_alarm({})", resource.as_alarm())).await;
    }

    /// Writes to disk what it knows of virtual hosts, users and queues. By itself it does so a little later: killed before that, it
    /// knows a quorum queue by its name and finds none of its files, and the queue has no leader ever after (seen with 3.10.8).
    pub(crate) async fn sync_definitions(&self) {
        self.eval_ok("[ok = dets:sync(Table) || Table <- dets:all()], mnesia:sync_log()").await;
    }
}
