//! A virtual host per test, on any broker, so that tests do not affect each other.

mod embedded;
pub(super) mod permissions;
pub(super) mod queue_state;

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use amqp_rpc_broker::Like;

use self::embedded::{EmbeddedVhost, likeness};
pub(crate) use self::{
    embedded::{blocking_broker, embedded_broker},
    permissions::{Permissions, recipes},
    queue_state::QueueState,
};
use super::{
    http_api::{Administrator, HttpVhost},
    rabbitmq::{node::Node, vhost::RabbitMqVhost},
};

/// A new virtual host. Dropping it deletes it with its users, queues and connections: keep it for the whole
/// test.
///
/// It is on the broker of `AMQP_URL` where that is set, and otherwise on its own embedded broker.
#[derive(Debug)]
pub(crate) struct Vhost {
    name: String,
    host: Host,
}

#[derive(Debug)]
enum Host {
    Embedded(EmbeddedVhost),
    RabbitMq(RabbitMqVhost),
    Http(HttpVhost),
}

/// Evaluates the same expression with the virtual host of any broker.
macro_rules! of_any {
    ($vhost:expr, $host:ident => $answer:expr) => {
        match $vhost {
            Host::Embedded($host) => $answer,
            Host::RabbitMq($host) => $answer,
            Host::Http($host) => $answer,
        }
    };
}

impl Vhost {
    /// Makes a virtual host in which the run's administrator may do everything.
    pub(crate) async fn create() -> Self {
        if let Some(administrator) = Administrator::of_this_run() {
            let name = new_name();
            return Self { host: Host::Http(HttpVhost::create(administrator, &name).await), name };
        }
        if env::var_os("AMQP_URL").is_some() {
            return Self::on(Node::of_this_run()).await;
        }
        let name = new_name();
        Self { host: Host::Embedded(EmbeddedVhost::create(&name).await), name }
    }

    /// Makes a virtual host on the RabbitMQ of this run whose queues are of this type where their declaration
    /// names none.
    pub(crate) async fn of_queue_type(queue_type: &str) -> Self {
        let name = new_name();
        let host = RabbitMqVhost::create_of_queue_type(Node::of_this_run(), &name, queue_type).await;
        Self { host: Host::RabbitMq(host), name }
    }

    /// Makes a virtual host on a RabbitMQ node of the test.
    pub(crate) async fn on(node: &Node) -> Self {
        let name = new_name();
        Self { host: Host::RabbitMq(RabbitMqVhost::create(node, &name).await), name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of this virtual host, as a user who may do everything in it.
    pub(crate) fn uri(&self) -> String {
        of_any!(&self.host, host => host.uri())
    }

    /// Makes a user of this virtual host alone and returns its address. The user's full name is `{user}-{name
    /// of the vhost}`.
    pub(crate) async fn add_user(
        &mut self,
        user: &str,
        password: &str,
        permissions: Permissions<'_>,
    ) -> String {
        let user = format!("{user}-{}", self.name);
        of_any!(&mut self.host, host => host.add_user(&user, password, permissions).await)
    }

    /// The state of a queue, or `None` when there is no such queue.
    pub(crate) async fn queue(&self, queue: &str) -> Option<QueueState> {
        of_any!(&self.host, host => host.queue(queue).await)
    }

    /// The state of a queue that must be there.
    pub(crate) async fn existing_queue(&self, queue: &str) -> QueueState {
        self.queue(queue).await.unwrap_or_else(|| panic!("queue {queue} does not exist"))
    }

    pub(crate) async fn queue_exists(&self, queue: &str) -> bool {
        self.queue(queue).await.is_some()
    }

    /// The names of all queues, sorted; but for those of [reflection](Self::reflection_queues), which each server that
    /// declares has while it is connected.
    pub(crate) async fn queues(&self) -> Vec<String> {
        self.queues_where(|name| !is_of_reflection(name)).await
    }

    /// The names of the queues by which servers are asked what they serve.
    pub(crate) async fn reflection_queues(&self) -> Vec<String> {
        self.queues_where(is_of_reflection).await
    }

    async fn queues_where(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut queues = of_any!(&self.host, host => host.queues().await);
        queues.retain(|name| is_wanted(name));
        queues
    }

    /// Deletes a queue as an operator would; its consumers are cancelled by the broker.
    pub(crate) async fn delete_queue(&self, queue: &str) {
        of_any!(&self.host, host => host.delete_queue(queue).await);
    }

    /// Whether the broker is LavinMQ, or the embedded broker in its likeness.
    pub(crate) fn is_lavinmq(&self) -> bool {
        match &self.host {
            Host::Embedded(_) => likeness() == Like::LavinMq,
            Host::RabbitMq(_) => false,
            Host::Http(host) => host.is_lavinmq(),
        }
    }

    /// Whether the broker takes new passwords on open connections.
    pub(crate) fn accepts_new_passwords(&self) -> bool {
        !self.is_lavinmq()
    }

    /// Whether the broker expires messages by a coarse clock: our client then writes 100 ms more, and the
    /// exact time in a header.
    pub(crate) fn has_coarse_expiry(&self) -> bool {
        self.is_lavinmq()
    }

    /// Whether a message whose time is over leaves a queue that has consumers before it would be delivered.
    pub(crate) fn expires_behind_others(&self) -> bool {
        !self.is_lavinmq()
    }

    /// The number of open connections.
    pub(crate) async fn connections(&self) -> usize {
        of_any!(&self.host, host => host.connections().await)
    }

    /// The names of the open connections, sorted.
    pub(crate) async fn connection_names(&self) -> Vec<String> {
        of_any!(&self.host, host => host.connection_names().await)
    }

    /// The number of open channels, on all connections together.
    pub(crate) async fn channels(&self) -> usize {
        of_any!(&self.host, host => host.channels().await)
    }

    /// Closes every connection with 320 `CONNECTION_FORCED`, as an operator would, and returns their number.
    ///
    /// For a connection that breaks without a close, see [`Proxy::cut`](super::proxy::Proxy::cut).
    pub(crate) async fn close_all_connections(&self) -> usize {
        of_any!(&self.host, host => host.close_all_connections().await)
    }
}

fn is_of_reflection(queue: &str) -> bool {
    queue.contains("amqp-rpc.reflection.")
}

fn new_name() -> String {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", process::id(), CREATED.fetch_add(1, Ordering::Relaxed))
}
