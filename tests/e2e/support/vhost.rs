//! A virtual host per test: nothing that one test declares, breaks or leaves behind is seen by another.

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::broker::Broker;

/// A fresh virtual host, deleted with its users, queues and connections when it is dropped. Keep it for the whole test.
#[derive(Debug)]
pub(crate) struct Vhost {
    broker: &'static Broker,
    name: String,
    users: Vec<String>,
}

/// What the broker knows of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueState {
    /// Messages that wait to be delivered.
    pub(crate) ready: u64,
    /// Messages that were delivered and are not acknowledged yet.
    pub(crate) unacked: u64,
    pub(crate) consumers: u64,
}

impl QueueState {
    /// Everything that came was delivered and settled.
    pub(crate) fn is_settled(&self) -> bool {
        self.ready == 0 && self.unacked == 0
    }
}

/// What a user may do: regular expressions over names of queues and exchanges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permissions<'a> {
    pub(crate) configure: &'a str,
    pub(crate) write: &'a str,
    pub(crate) read: &'a str,
}

impl Permissions<'_> {
    pub(crate) const ALL: Self = Self { configure: ".*", write: ".*", read: ".*" };
    pub(crate) const NONE: Self = Self { configure: "^$", write: "^$", read: "^$" };
}

impl Vhost {
    /// Makes a virtual host in which the run's administrator may do everything.
    pub(crate) async fn create() -> Self {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let vhost = Self {
            broker: Broker::of_this_run(),
            name: format!("test-{}-{number}", process::id()),
            users: Vec::new(),
        };
        let name = binary(&vhost.name);
        let permit = permit("guest", &vhost.name, Permissions::ALL);
        vhost.eval_ok(&format!("ok = rabbit_vhost:add({name}, <<\"tests\">>), {permit}")).await;
        vhost
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of this virtual host, as a user who may do everything in it.
    pub(crate) fn uri(&self) -> String {
        self.broker.uri().with_vhost(&self.name).to_string()
    }

    /// Makes a user of this virtual host alone and returns its address. The user's full name is `{user}-{name of the vhost}`.
    pub(crate) async fn add_user(
        &mut self,
        user: &str,
        password: &str,
        permissions: Permissions<'_>,
    ) -> String {
        let user = format!("{user}-{}", self.name);
        let add = format!(
            "ok = rabbit_auth_backend_internal:add_user({}, {}, <<\"tests\">>)",
            binary(&user),
            binary(password)
        );
        self.eval_ok(&format!("{add}, {}", permit(&user, &self.name, permissions))).await;
        let uri = self.broker.uri().with_vhost(&self.name).with_credentials(&user, password).to_string();
        self.users.push(user);
        uri
    }

    /// The state of a queue, or `None` when there is no such queue.
    pub(crate) async fn queue(&self, queue: &str) -> Option<QueueState> {
        let lookup = self.lookup(queue);
        let state = self
            .broker
            .eval(&format!(
                "case {lookup} of
                     {{ok, Q}} ->
                         try rabbit_amqqueue:info(Q, [messages_ready, messages_unacknowledged, consumers]) of
                             Facts -> list_to_tuple([Count || {{_, Count}} <- Facts])
                         catch _:_ -> none end;
                     {{error, not_found}} -> none
                 end"
            ))
            .await;
        let counts = state.strip_prefix('{')?.strip_suffix('}')?;
        let mut counts = counts.split(',').map(|count| count.parse().expect("the broker counts in integers"));
        let mut next = || counts.next().expect("the broker answers with three counts");
        Some(QueueState { ready: next(), unacked: next(), consumers: next() })
    }

    /// The state of a queue that must be there.
    pub(crate) async fn existing_queue(&self, queue: &str) -> QueueState {
        self.queue(queue).await.unwrap_or_else(|| panic!("queue {queue} does not exist"))
    }

    pub(crate) async fn queue_exists(&self, queue: &str) -> bool {
        self.queue(queue).await.is_some()
    }

    /// The names of all queues, sorted.
    pub(crate) async fn queues(&self) -> Vec<String> {
        let names = self
            .broker
            .eval(&format!(
                "list_to_atom(lists:flatten(lists:join($,, lists:sort([binary_to_list(element(4, amqqueue:get_name(Q)))
                     || Q <- rabbit_amqqueue:list({})]))))",
                binary(&self.name)
            ))
            .await;
        names.trim_matches('\'').split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Deletes a queue as an operator would; its consumers are cancelled by the broker.
    pub(crate) async fn delete_queue(&self, queue: &str) {
        let lookup = self.lookup(queue);
        self.eval_ok(&format!(
            "{{ok, Q}} = {lookup}, {{ok, _}} = rabbit_amqqueue:delete(Q, false, false, <<\"tests\">>), ok"
        ))
        .await;
    }

    /// How many connections are open.
    pub(crate) async fn connections(&self) -> usize {
        let count = self.broker.eval(&format!("length({})", self.open_connections())).await;
        count.parse().expect("the broker counts in integers")
    }

    /// Closes every connection with 320 `CONNECTION_FORCED`, as an operator would, and says how many there were.
    ///
    /// For a connection that dies without a word, see [`Proxy::cut`](super::Proxy::cut).
    pub(crate) async fn close_all_connections(&self) -> usize {
        let closed = self
            .broker
            .eval(&format!(
                "length([rabbit_networking:close_connection(P, \"closed by a test\") || P <- {}])",
                self.open_connections()
            ))
            .await;
        closed.parse().expect("the broker counts in integers")
    }

    fn lookup(&self, queue: &str) -> String {
        format!("rabbit_amqqueue:lookup(rabbit_misc:r({}, queue, {}))", binary(&self.name), binary(queue))
    }

    // Asks the connections themselves: the broker's own table of them lags behind.
    fn open_connections(&self) -> String {
        format!(
            "[P || P <- rabbit_networking:connections(),
                   try rabbit_reader:info(P, [vhost]) =:= [{{vhost, {}}}] catch _:_ -> false end]",
            binary(&self.name)
        )
    }

    async fn eval_ok(&self, expression: &str) {
        let value = self.broker.eval(expression).await;
        assert_eq!(value, "ok", "`{expression}` on the node");
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        let users: String = self
            .users
            .iter()
            .map(|user| {
                format!("rabbit_auth_backend_internal:delete_user({}, <<\"tests\">>), ", binary(user))
            })
            .collect();
        self.broker.eval_in_background(&format!(
            "{users}rabbit_vhost:delete({}, <<\"tests\">>)",
            binary(&self.name)
        ));
    }
}

fn permit(user: &str, vhost: &str, permissions: Permissions<'_>) -> String {
    let [user, vhost, configure, write, read] =
        [user, vhost, permissions.configure, permissions.write, permissions.read].map(binary);
    format!(
        "rabbit_auth_backend_internal:set_permissions({user}, {vhost}, {configure}, {write}, {read}, <<\"tests\">>)"
    )
}

/// An Erlang binary of a text.
fn binary(text: &str) -> String {
    format!("<<\"{}\"/utf8>>", text.replace('\\', "\\\\").replace('"', "\\\""))
}
