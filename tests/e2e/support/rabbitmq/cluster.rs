//! A cluster of three nodes that the tests of one run share, one at a time, and break.

use std::fmt::Write;

use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::{
    broker::{Broker, run},
    node::Node,
    private::Directory,
    vhost::binary,
};
use crate::support::{uri::BrokerUri, vhost::Vhost, wait::await_until};

/// Three nodes. A node that cannot reach another one pauses where [`PrivateCluster::pauses_minorities`].
#[derive(Debug)]
pub(crate) struct PrivateCluster {
    brokers: Vec<Broker>,
    _directory: Directory,
}

/// A quorum queue in a virtual host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueIn<'a> {
    pub(crate) vhost: &'a Vhost,
    pub(crate) name: &'a str,
}

impl PrivateCluster {
    /// Borrows the cluster of this run, complete and healthy. The end of the run removes it, because a static
    /// is not dropped.
    pub(crate) async fn borrow() -> MutexGuard<'static, Self> {
        static CLUSTER: OnceCell<Mutex<PrivateCluster>> = OnceCell::const_new();
        let cluster = CLUSTER.get_or_init(async || Mutex::new(Self::form().await)).await;
        let cluster = cluster.lock().await;
        cluster.mend().await;
        cluster
    }

    async fn form() -> Self {
        let directory = Directory::create();
        // The script needs a directory without a cluster.
        run("rabbitmq-cluster.sh", &["start".as_ref(), directory.0.as_os_str()], &[]).await;
        let brokers = ["1", "2", "3"].map(|number| Broker::in_directory(directory.0.join(number))).into();
        Self { brokers, _directory: directory }
    }

    /// One of the three brokers, counted from 0.
    pub(crate) fn broker(&self, number: usize) -> &Broker {
        &self.brokers[number]
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        self.brokers[number].node()
    }

    /// Makes a virtual host on all three nodes, administered through one of them.
    pub(crate) async fn vhost_seen_from(&self, number: usize) -> Vhost {
        let vhost = Vhost::on(self.node(number)).await;
        for node in self.brokers.iter().map(Broker::node) {
            // The other nodes have the virtual host a little later than the one that made it.
            await_until("every node has the virtual host", || async {
                let up = format!("rabbit_vhost_sup_sup:is_vhost_alive({})", binary(vhost.name()));
                node.eval(&up).await == "true"
            })
            .await;
        }
        vhost
    }

    /// The addresses of a virtual host on these nodes.
    pub(crate) fn uris(&self, vhost: &Vhost, numbers: &[usize]) -> Vec<String> {
        let uri = |number: &usize| self.node(*number).uri().with_vhost(vhost.name());
        numbers.iter().map(uri).map(|uri: BrokerUri| uri.to_string()).collect()
    }

    /// The node that has the only connection to a virtual host.
    pub(crate) async fn node_of_the_only_connection(&self, vhost: &Vhost) -> usize {
        let nodes = format!(
            "[node(P) || P <- rabbit_networking:connections(),
                        try rabbit_reader:info(P, [vhost]) =:= [{{vhost, {}}}] catch _:_ -> false end]",
            binary(vhost.name())
        );
        let nodes = self.node(0).eval(&nodes).await;
        let is_it = |broker: &Broker| nodes == format!("[{}]", broker.node().name());
        self.brokers.iter().position(is_it).unwrap_or_else(|| panic!("one connection, but {nodes}"))
    }

    /// The node that leads a quorum queue.
    pub(crate) async fn leader(&self, queue: QueueIn<'_>, seen_from: usize) -> Option<usize> {
        let leader = format!(
            "{{ok, Q}} = {}, case ra:members(amqqueue:get_pid(Q)) of {{ok, _, {{_, Node}}}} -> Node; _ -> none end",
            queue.lookup()
        );
        let leader = self.node(seen_from).try_eval(&leader).await.ok()?;
        self.brokers.iter().position(|broker| broker.node().name() == leader)
    }

    /// Makes a node the leader of a quorum queue.
    pub(crate) async fn move_leader(&self, queue: QueueIn<'_>, number: usize) {
        let destination = self.node(number).name();
        await_until("the queue is led by the other node", || async {
            let transfer = format!(
                "{{ok, Q}} = {}, rabbit_quorum_queue:transfer_leadership(Q, {destination}), ok",
                queue.lookup()
            );
            let _ = self.node(number).try_eval(&transfer).await;
            self.leader(queue, number).await == Some(number)
        })
        .await;
    }

    /// Whether a node that cannot reach the majority pauses, as Mnesia does when it is told to. Khepri, which
    /// takes its place by default since 4.2, has nothing like it.
    pub(crate) async fn pauses_minorities(&self) -> bool {
        let khepri = "try rabbit_khepri:is_enabled() catch error:undef -> false end";
        self.node(0).eval(khepri).await == "false"
    }

    /// Partitions a node from the two others: they refuse each other's cookies.
    pub(crate) async fn part(&self, number: usize) {
        let lonely = self.node(number);
        let others: Vec<_> = (0..3).filter(|&other| other != number).map(|other| self.node(other)).collect();
        let mut cut = String::from("ok");
        for other in others {
            lonely.eval(&format!("erlang:set_cookie({}, wrong_one)", other.name())).await;
            other.eval(&format!("erlang:set_cookie({}, wrong_other)", lonely.name())).await;
            write!(cut, ", erlang:disconnect_node({})", other.name()).expect("a string can be written to");
        }
        // In one step: a node that notices one lost connection drops others, so that all nodes agree.
        lonely.eval(&cut).await;
    }

    /// Whether a node takes connections: a paused one does not.
    pub(crate) async fn is_serving(&self, number: usize) -> bool {
        self.node(number).try_eval("rabbit:is_running()").await.as_deref() == Ok("true")
    }

    /// Ends the partition, and waits until all nodes see each other.
    pub(crate) async fn heal(&self) {
        for node in self.brokers.iter().map(Broker::node) {
            for peer in self.brokers.iter().map(Broker::node) {
                node.eval(&format!("erlang:set_cookie({}, erlang:get_cookie())", peer.name())).await;
            }
        }
        self.until_whole().await;
    }

    /// Waits until every node serves and sees the others.
    pub(crate) async fn until_whole(&self) {
        for node in self.brokers.iter().map(Broker::node) {
            await_until("every node sees all others", || async {
                let running = "rabbit:is_running() andalso length(rabbit_nodes:all_running()) =:= 3";
                node.try_eval(running).await.as_deref() == Ok("true")
            })
            .await;
        }
    }

    /// Repairs the state that a failed test has left.
    async fn mend(&self) {
        for broker in &self.brokers {
            if broker.node().try_eval("ok").await.is_err() {
                broker.start_again().await;
            }
        }
        self.heal().await;
    }
}

impl QueueIn<'_> {
    fn lookup(self) -> String {
        let Self { vhost, name } = self;
        format!("rabbit_amqqueue:lookup(rabbit_misc:r({}, queue, {}))", binary(vhost.name()), binary(name))
    }
}
