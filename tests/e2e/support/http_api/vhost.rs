//! A virtual host of any broker, created and inspected by the HTTP API.
//!
//! LavinMQ's API says what is true at this moment. That of RabbitMQ answers from statistics that are collected
//! every five seconds, from values that its `rabbitmq.conf` must have updated often: with
//! `collect_statistics_interval = 100`. Tests are slow there; `erl_call` is the better administrator.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::request::{Administrator, segment};
use crate::support::vhost::{permissions::Permissions, queue_state::QueueState};

/// The age of a fact after which RabbitMQ's statistics have it.
const STATISTICS_AGE: Duration = Duration::from_secs(6);

/// A virtual host that is deleted with its users, queues and connections when it is dropped.
#[derive(Debug)]
pub(crate) struct HttpVhost {
    administrator: Administrator,
    name: String,
    users: Vec<String>,
    statistics_age: Duration,
    is_lavinmq: bool,
}

impl HttpVhost {
    /// Makes a virtual host in which the user of `AMQP_URL` may do everything.
    pub(crate) async fn create(administrator: Administrator, name: &str) -> Self {
        let overview = administrator.demand("GET", "/api/overview".into(), Value::Null).await;
        let statistics_age =
            if overview["rabbitmq_version"].is_string() { STATISTICS_AGE } else { Duration::ZERO };
        let is_lavinmq = overview["lavinmq_version"].is_string();
        let vhost =
            Self { administrator, name: name.to_owned(), users: Vec::new(), statistics_age, is_lavinmq };
        vhost.administrator.demand("PUT", format!("/api/vhosts/{}", segment(name)), json!({})).await;
        let (user, _) = vhost.administrator.amqp().credentials();
        vhost.permit(user, Permissions::ALL).await;
        vhost
    }

    pub(crate) fn is_lavinmq(&self) -> bool {
        self.is_lavinmq
    }

    pub(crate) fn uri(&self) -> String {
        self.administrator.amqp().clone().with_vhost(&self.name).to_string()
    }

    pub(crate) async fn add_user(
        &mut self,
        user: &str,
        password: &str,
        permissions: Permissions<'_>,
    ) -> String {
        let described = json!({ "password": password, "tags": "" });
        self.administrator.demand("PUT", format!("/api/users/{}", segment(user)), described).await;
        self.users.push(user.to_owned());
        self.permit(user, permissions).await;
        let uri = self.administrator.amqp().clone().with_vhost(&self.name);
        uri.with_credentials(user, password).to_string()
    }

    pub(crate) async fn queue(&self, queue: &str) -> Option<QueueState> {
        sleep(self.statistics_age).await;
        let response = self.administrator.send("GET", self.path_of(queue), Value::Null).await;
        if response.status == 404 {
            return None;
        }
        assert_eq!(response.status, 200, "{response:?}");
        let queue = response.json();
        // RabbitMQ has no counts for a queue that is just declared.
        let count = |name: &str| queue[name].as_u64().unwrap_or(0);
        Some(QueueState {
            ready: count("messages_ready"),
            unacked: count("messages_unacknowledged"),
            consumers: count("consumers"),
        })
    }

    pub(crate) async fn queues(&self) -> Vec<String> {
        let queues = self.list(format!("/api/queues/{}", segment(&self.name))).await;
        sorted(queues.iter().map(|queue| &queue["name"]))
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        self.administrator.demand("DELETE", self.path_of(queue), Value::Null).await;
    }

    pub(crate) async fn connections(&self) -> usize {
        self.open_connections().await.len()
    }

    pub(crate) async fn connection_names(&self) -> Vec<String> {
        let connections = self.open_connections().await;
        sorted(connections.iter().map(|connection| &connection["client_properties"]["connection_name"]))
    }

    pub(crate) async fn channels(&self) -> usize {
        let connections = self.open_connections().await;
        let channels = connections.iter().map(|connection| connection["channels"].as_u64().unwrap_or(0));
        usize::try_from(channels.sum::<u64>()).expect("a count fits")
    }

    pub(crate) async fn close_all_connections(&self) -> usize {
        let mut closed = 0;
        for connection in self.open_connections().await {
            let name = connection["name"].as_str().expect("a connection has a name");
            let path = format!("/api/connections/{}", segment(name));
            // It may have ended by itself.
            closed += usize::from(self.administrator.send("DELETE", path, Value::Null).await.status == 204);
        }
        closed
    }

    async fn open_connections(&self) -> Vec<Value> {
        self.list(format!("/api/vhosts/{}/connections", segment(&self.name))).await
    }

    async fn list(&self, path: String) -> Vec<Value> {
        sleep(self.statistics_age).await;
        match self.administrator.demand("GET", path, Value::Null).await {
            Value::Array(items) => items,
            other => panic!("a list was expected: {other}"),
        }
    }

    async fn permit(&self, user: &str, permissions: Permissions<'_>) {
        let Permissions { configure, write, read } = permissions;
        let path = format!("/api/permissions/{}/{}", segment(&self.name), segment(user));
        let permitted = json!({ "configure": configure, "write": write, "read": read });
        self.administrator.demand("PUT", path, permitted).await;
    }

    fn path_of(&self, queue: &str) -> String {
        format!("/api/queues/{}/{}", segment(&self.name), segment(queue))
    }
}

impl Drop for HttpVhost {
    fn drop(&mut self) {
        let users = self.users.iter().map(|user| format!("/api/users/{}", segment(user)));
        for path in users.chain([format!("/api/vhosts/{}", segment(&self.name))]) {
            let _ = self.administrator.send_blocking("DELETE", &path, &Value::Null);
        }
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut names: Vec<String> = names.filter_map(Value::as_str).map(str::to_owned).collect();
    names.sort_unstable();
    names
}
