//! A virtual host of a RabbitMQ node, created and inspected by its administrator.

use super::node::Node;
use crate::support::vhost::{permissions::Permissions, queue_state::QueueState};

/// A virtual host that is deleted with its users, queues and connections when it is dropped.
#[derive(Debug)]
pub(crate) struct RabbitMqVhost {
    node: Node,
    name: String,
    users: Vec<String>,
}

impl RabbitMqVhost {
    /// Makes a virtual host in which the node's administrator may do everything.
    pub(crate) async fn create(node: &Node, name: &str) -> Self {
        Self::create_by(node, name, &format!("rabbit_vhost:add({}, <<\"tests\">>)", binary(name))).await
    }

    /// The same, whose queues are of this type where their declaration names none.
    pub(crate) async fn create_of_queue_type(node: &Node, name: &str, queue_type: &str) -> Self {
        let [named, of_type] = [name, queue_type].map(binary);
        let put =
            format!("rabbit_vhost:put_vhost({named}, <<>>, <<\"\">>, {of_type}, undefined, <<\"tests\">>)");
        Self::create_by(node, name, &put).await
    }

    async fn create_by(node: &Node, name: &str, add: &str) -> Self {
        let vhost = Self { node: node.clone(), name: name.to_owned(), users: Vec::new() };
        let permit = permit("guest", &vhost.name, Permissions::ALL);
        vhost.node.eval_ok(&format!("ok = {add}, {permit}")).await;
        vhost
    }

    pub(crate) fn uri(&self) -> String {
        self.node.uri().with_vhost(&self.name).to_string()
    }

    pub(crate) async fn add_user(
        &mut self,
        user: &str,
        password: &str,
        permissions: Permissions<'_>,
    ) -> String {
        let add = format!(
            "ok = rabbit_auth_backend_internal:add_user({}, {}, <<\"tests\">>)",
            binary(user),
            binary(password)
        );
        self.node.eval_ok(&format!("{add}, {}", permit(user, &self.name, permissions))).await;
        let uri = self.node.uri().with_vhost(&self.name).with_credentials(user, password).to_string();
        self.users.push(user.to_owned());
        uri
    }

    pub(crate) async fn queue(&self, queue: &str) -> Option<QueueState> {
        let lookup = self.lookup(queue);
        let state = self
            .node
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

    pub(crate) async fn queues(&self) -> Vec<String> {
        let names = self
            .node
            .eval(&format!(
                "list_to_atom(lists:flatten(lists:join($,, lists:sort([binary_to_list(element(4, amqqueue:get_name(Q)))
                     || Q <- rabbit_amqqueue:list({})]))))",
                binary(&self.name)
            ))
            .await;
        names.trim_matches('\'').split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        let lookup = self.lookup(queue);
        self.node
            .eval_ok(&format!(
                "{{ok, Q}} = {lookup}, {{ok, _}} = rabbit_amqqueue:delete(Q, false, false, <<\"tests\">>), ok"
            ))
            .await;
    }

    pub(crate) async fn connections(&self) -> usize {
        let count = self.node.eval(&format!("length({})", self.open_connections())).await;
        count.parse().expect("the broker counts in integers")
    }

    pub(crate) async fn close_all_connections(&self) -> usize {
        let closed = self
            .node
            .eval(&format!(
                "length([rabbit_networking:close_connection(P, \"closed by a test\") || P <- {}])",
                self.open_connections()
            ))
            .await;
        closed.parse().expect("the broker counts in integers")
    }

    pub(crate) async fn channels(&self) -> usize {
        let open = format!(
            "[P || P <- rabbit_channel:list_local(),
                   try rabbit_channel:info(P, [vhost]) =:= [{{vhost, {}}}] catch _:_ -> false end]",
            binary(&self.name)
        );
        let count = self.node.eval(&format!("length({open})")).await;
        count.parse().expect("the broker counts in integers")
    }

    pub(crate) async fn connection_names(&self) -> Vec<String> {
        let names = self
            .node
            .eval(&format!(
                "list_to_atom(lists:flatten(lists:join($\n, lists:sort(
                     [begin
                          [{{_, Properties}}] = rabbit_reader:info(P, [client_properties]),
                          {{_, _, Name}} = lists:keyfind(<<\"connection_name\">>, 1, Properties),
                          binary_to_list(Name)
                      end || P <- {}]))))",
                self.open_connections()
            ))
            .await;
        // Erlang quotes the atom where needed, and prints a line end as two characters.
        names.trim_matches('\'').split("\\n").filter(|name| !name.is_empty()).map(str::to_owned).collect()
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
}

impl Drop for RabbitMqVhost {
    fn drop(&mut self) {
        let users: String = self
            .users
            .iter()
            .map(|user| {
                format!("rabbit_auth_backend_internal:delete_user({}, <<\"tests\">>), ", binary(user))
            })
            .collect();
        self.node.eval_in_background(&format!(
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
pub(super) fn binary(text: &str) -> String {
    format!("<<\"{}\"/utf8>>", text.replace('\\', "\\\\").replace('"', "\\\""))
}
