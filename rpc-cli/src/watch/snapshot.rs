//! A snapshot of the queues: how many messages wait, how many consumers there are, and what changed.

use std::{collections::BTreeMap, time::Duration};

use amqp_rpc_transport::{Connection, QueueStatus};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::services::Service;
use crate::{connection, contract, failure::Failure, session::Session};

/// A queue that was not there is looked up again after so long: each look at one costs the broker a channel.
const MISSING_AGAIN: Duration = Duration::from_secs(10);
/// After so many looks at missing queues the connection is made anew, with all its channels.
const MAX_MISSES: u32 = 100;

/// A queue, and what it is to its service.
#[derive(Clone, Debug)]
struct Watched {
    queue: String,
    service: Option<String>,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Requests,
    Dead,
    Overflow,
    Other,
}

/// A queue at the time of a look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) queue: String,
    pub(super) service: Option<String>,
    pub(super) role: &'static str,
    /// `None` where there is no such queue.
    pub(super) waiting: Option<u32>,
    pub(super) consumers: u32,
    /// Messages more or less per second since the last look.
    pub(super) change: Option<f64>,
    /// What the servers of the service say, on the row of its requests.
    pub(super) calls: Option<Calls>,
}

/// All queues at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) rows: Vec<Row>,
}

/// The calls of a service, of all instances together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Calls {
    pub(super) instances: usize,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) in_flight: u64,
    /// Since the last look.
    pub(super) per_second: Option<f64>,
}

/// Looks at queues, and remembers the last look.
#[derive(Debug)]
pub(super) struct Monitor {
    watched: Vec<Watched>,
    services: Vec<String>,
    asks_servers: bool,
    connection: Option<Connection>,
    misses: u32,
    missing: BTreeMap<String, Instant>,
    last: BTreeMap<String, (Instant, u32)>,
    last_calls: BTreeMap<String, (Instant, u64)>,
}

impl Monitor {
    pub(super) fn new(services: Vec<Service>, others: Vec<String>, asks_servers: bool) -> Self {
        let mut watched = Vec::new();
        for Service { name, queues } in &services {
            for queue in queues {
                for (suffix, role) in
                    [("", Role::Requests), (".dead", Role::Dead), (".overflow", Role::Overflow)]
                {
                    let queue = format!("{queue}{suffix}");
                    watched.push(Watched { queue, service: Some(name.clone()), role });
                }
            }
        }
        watched.extend(others.into_iter().map(|queue| Watched { queue, service: None, role: Role::Other }));
        let services = services.into_iter().map(|service| service.name).collect();
        Self {
            watched,
            services,
            asks_servers,
            connection: None,
            misses: 0,
            missing: BTreeMap::new(),
            last: BTreeMap::new(),
            last_calls: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    /// Looks at every queue, one after the other, and asks the servers.
    ///
    /// # Errors
    /// When the broker cannot be reached, or refuses a look.
    pub(super) async fn snapshot(&mut self, session: &Session) -> Result<Snapshot, Failure> {
        let mut calls = self.calls(session).await;
        let mut rows = Vec::new();
        for watched in self.watched.clone() {
            let status = self.status(&watched.queue, session).await?;
            let is_requests = watched.role == Role::Requests;
            // Most services have no overflow: a row for it would say nothing.
            if status.is_none() && matches!(watched.role, Role::Dead | Role::Overflow) {
                continue;
            }
            let change = status.and_then(|status| self.change(&watched.queue, status.waiting));
            rows.push(Row {
                calls: watched.service.as_ref().filter(|_| is_requests).and_then(|name| calls.remove(name)),
                role: watched.role.text(),
                waiting: status.map(|status| status.waiting),
                consumers: status.map_or(0, |status| status.consumers),
                change,
                queue: watched.queue,
                service: watched.service,
            });
        }
        Ok(Snapshot { rows })
    }

    /// Ends the connection. The next look makes another.
    pub(super) async fn disconnect(&mut self) {
        self.misses = 0;
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    async fn status(&mut self, queue: &str, session: &Session) -> Result<Option<QueueStatus>, Failure> {
        let now = Instant::now();
        if self.missing.get(queue).is_some_and(|until| *until > now) {
            return Ok(None);
        }
        if self.misses >= MAX_MISSES {
            self.disconnect().await;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::direct(&session.connect_options().await?, session.place().await?, 0).await?,
        };
        let status = self.connection.insert(connection).queue_status(queue).await;
        let status = status.map_err(|error| connection::broken(queue, &error))?;
        if status.is_none() {
            self.misses += 1;
            self.missing.insert(queue.to_owned(), now + MISSING_AGAIN);
        } else {
            self.missing.remove(queue);
        }
        Ok(status)
    }

    fn change(&mut self, queue: &str, waiting: u32) -> Option<f64> {
        let now = Instant::now();
        let (then, before) = self.last.insert(queue.to_owned(), (now, waiting))?;
        rate(f64::from(waiting) - f64::from(before), now - then)
    }

    /// What servers say of their calls. Servers that do not answer are no error: the queues are there without them.
    async fn calls(&mut self, session: &Session) -> BTreeMap<String, Calls> {
        let mut all = BTreeMap::new();
        if !self.asks_servers {
            return all;
        }
        let services = self.services.clone();
        let asked = services.iter().map(|service| contract::from_broker::stats(service, session));
        let answers = join_all(asked).await;
        for (service, answer) in services.into_iter().zip(answers) {
            match answer {
                Ok(instances) if !instances.is_empty() => {
                    let methods = instances.iter().flat_map(|instance| &instance.methods);
                    let mut calls = Calls { instances: instances.len(), ..Calls::default() };
                    for method in methods {
                        calls.calls += method.calls;
                        calls.errors += method.errors;
                        calls.in_flight += method.in_flight;
                    }
                    calls.per_second = self.calls_per_second(&service, calls.calls);
                    all.insert(service, calls);
                }
                Ok(_) => {}
                Err(failure) => session.note(format_args!("{service}: no numbers of calls: {failure}")),
            }
        }
        all
    }

    /// `None` at first, and when the count fell: an instance has ended.
    fn calls_per_second(&mut self, service: &str, calls: u64) -> Option<f64> {
        let now = Instant::now();
        let (then, before) = self.last_calls.insert(service.to_owned(), (now, calls))?;
        rate(calls.checked_sub(before)? as f64, now - then)
    }
}

fn rate(change: f64, time: Duration) -> Option<f64> {
    let rate = change / time.as_secs_f64();
    rate.is_finite().then(|| (rate * 10.0).round() / 10.0)
}

impl Role {
    fn text(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Dead => "dead letters",
            Self::Overflow => "overflow",
            Self::Other => "",
        }
    }
}

impl Snapshot {
    pub(super) fn json(&self) -> Value {
        self.rows.iter().map(Row::json).collect()
    }
}

impl Row {
    fn json(&self) -> Value {
        let calls = self.calls.as_ref().map(|calls| {
            json!({
                "instances": calls.instances, "calls": calls.calls, "errors": calls.errors,
                "in_flight": calls.in_flight, "per_second": calls.per_second,
            })
        });
        json!({
            "queue": self.queue, "service": self.service, "role": self.role, "exists": self.waiting.is_some(),
            "waiting": self.waiting, "consumers": self.consumers, "change_per_second": self.change, "calls": calls,
        })
    }
}
