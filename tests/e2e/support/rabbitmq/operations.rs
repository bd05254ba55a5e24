//! Administration of a node: restarts of the application, alarms, definitions. The process lives on.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::node::Node;
use crate::support::wait::await_within;

/// A resource whose shortage raises an alarm.
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
    /// Stops the broker within the running Erlang node: clients get 320 `CONNECTION_FORCED`, as in any
    /// orderly restart.
    pub(crate) async fn stop_app(&self) {
        self.eval_ok("rabbit:stop()").await;
    }

    /// Starts the broker again, and returns when it serves: its listeners start in the background.
    pub(crate) async fn start_app(&self) {
        self.eval_ok("rabbit:start()").await;
        let authority = self.uri().authority().to_owned();
        // The node has been seen to take more than twenty seconds, beside a build.
        let bound = Duration::from_secs(60);
        await_within(bound, "the broker serves again", || async {
            speaks_amqp(&authority).await.unwrap_or(false)
        })
        .await;
    }

    /// Raises an alarm: the broker blocks publishers, and tells them with `connection.blocked`.
    ///
    /// The alarm is raised in the background. The second expression returns when every connection was told of
    /// it; without it a publish might still be accepted, and no `connection.blocked` be sent.
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

    /// Sets a limit of a virtual host, `max-connections` or `max-queues`, in place of all others that it has.
    pub(crate) async fn limit_vhost(&self, vhost: &str, limit: &str, count: u32) {
        self.eval_ok(&format!(
            "ok = rabbit_vhost_limit:set(<<\"{vhost}\">>, [{{<<\"{limit}\">>, {count}}}], <<\"tests\">>), ok"
        ))
        .await;
    }

    /// Writes the definitions of virtual hosts, users and queues to disk, which the node does a little later
    /// by itself. A node killed before that knows a quorum queue by name without its files, and the queue
    /// never has a leader again (seen with 3.10.8). Khepri, which newer versions keep them in instead of Mnesia,
    /// writes them before it answers.
    pub(crate) async fn sync_definitions(&self) {
        self.eval_ok(
            "case mnesia:system_info(is_running) of
                 yes -> [ok = dets:sync(Table) || Table <- dets:all()], mnesia:sync_log();
                 no -> ok
             end",
        )
        .await;
    }
}

/// Returns whether a broker answers the protocol header with a method frame.
async fn speaks_amqp(authority: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(authority).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    Ok(stream.read_u8().await? == 1)
}
