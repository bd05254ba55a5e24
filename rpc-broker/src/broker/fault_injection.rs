//! The methods of a broker's handles that inject faults.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Broker, Connection, Vhost};
use crate::{
    interception::{Action, Matcher, Rule},
    recorder::{DEFAULT_MAX_METHODS, Recording},
    vhost::{Command, Mailbox, NewHold, ReleaseOrder, VhostState},
};

impl Broker {
    /// Applies an action to the matching methods between clients and the broker, until the rule is dropped.
    ///
    /// Every rule counts its matches. Rules that apply to the same method are applied in the order in which
    /// they were added.
    ///
    /// ```
    /// use amqp_rpc_broker::{Broker, faults::{Action, Matcher, Method}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
    /// let broker = Broker::start().await?;
    /// let rule = broker.on(Matcher::from_client(Method::BasicPublish).routing_key("fib").nth(2), Action::Drop);
    /// // … the second request to `fib` is lost …
    /// assert_eq!(rule.hits(), 0); // nothing was published yet
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the matcher [can never match](Matcher::why_impossible), which is a mistake in the test.
    #[track_caller]
    pub fn on(&self, matcher: Matcher, action: Action) -> Rule {
        matcher.assert_possible();
        Rule::add(&self.shared.faults, matcher, action)
    }

    /// Records the methods between clients and the broker until the recording is dropped. It keeps the newest
    /// 10,000.
    pub fn record(&self) -> Recording {
        self.record_last(DEFAULT_MAX_METHODS)
    }

    /// Records as [`record`](Self::record) does, but keeps only the newest `max_methods`.
    pub fn record_last(&self, max_methods: usize) -> Recording {
        Recording::start(Arc::clone(&self.shared.faults), max_methods)
    }

    /// Resets the next `number` connections when they are accepted; 0 serves all again.
    ///
    /// To have connections refused by the operating system instead, use [`stop`](Self::stop).
    pub fn refuse_connections(&self, number: usize) {
        self.shared.faults.reset_connections(number);
    }

    /// Accepts the next `number` connections and never writes to them, as a broker that hangs; 0 serves all
    /// again. Connections that are to be refused come first.
    pub fn ignore_connections(&self, number: usize) {
        self.shared.faults.ignore_connections(number);
    }
}

impl Vhost {
    /// Returns the open connections, oldest first.
    pub async fn open_connections(&self) -> Vec<Connection> {
        let named = self.mailbox.run(|vhost| vhost.named_connections()).await.unwrap_or_default();
        let handle = |(id, name)| {
            let (mailbox, faults) = (self.mailbox.clone(), Arc::clone(&self.faults));
            Connection { id, name, mailbox, faults }
        };
        named.into_iter().map(handle).collect()
    }

    /// Returns the oldest open connection of this name (the client property `connection_name`).
    pub async fn connection(&self, name: &str) -> Option<Connection> {
        self.open_connections().await.into_iter().find(|connection| connection.name() == name)
    }

    /// Holds all publisher confirms back until they are [released](ConfirmHold::release), however long that
    /// takes. Messages are routed and delivered as usual.
    pub async fn hold_confirms(&self) -> ConfirmHold {
        let mailbox = self.mailbox.clone();
        // The guard is made on the virtual host's task: when the caller stops waiting, dropping the guard
        // releases the confirms.
        let hold = self.mailbox.run(move |vhost| {
            let NewHold { id, count } = vhost.hold_confirms();
            ConfirmHold { id: Some(id), count, mailbox }
        });
        hold.await.unwrap_or_else(|| ConfirmHold {
            id: None,
            count: watch::channel(0).1,
            mailbox: self.mailbox.clone(),
        })
    }

    /// Requeues all unacknowledged deliveries of a queue, so that they are delivered again with
    /// `redelivered`, to the next consumers in turn. Returns the number of deliveries.
    ///
    /// Clients notice nothing else: they may still settle the first deliveries, without effect. So a service
    /// handles a request twice although its connection never broke.
    pub async fn redeliver(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.run(move |vhost| vhost.redeliver(&queue)).await.unwrap_or_default()
    }

    /// Cancels all consumers of a queue, as a broker does when a queue moves to another node; returns how
    /// many there were. The queue stays, unless it is an auto-delete queue.
    pub async fn cancel_consumers(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.run(move |vhost| vhost.cancel_consumers(&queue)).await.unwrap_or_default()
    }

    /// Expires all ready messages of a queue now, regardless of their time to live. They are dead-lettered if
    /// the queue has a dead-letter exchange, else dropped. Returns how many there were.
    pub async fn expire_now(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.run(move |vhost| vhost.expire_now(&queue)).await.unwrap_or_default()
    }
}

/// Holds publisher confirms back. Dropping it releases them in order.
#[derive(Debug)]
#[must_use = "dropping it releases the confirms"]
pub struct ConfirmHold {
    /// `None` once the confirms were released.
    id: Option<u64>,
    count: watch::Receiver<usize>,
    mailbox: Mailbox,
}

impl ConfirmHold {
    /// The number of held confirms.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits until `count` confirms are held: the broker has handled that many publishes. It waits forever
    /// when there are fewer: use a timeout.
    pub async fn until(&self, count: usize) {
        let mut counted = self.count.clone();
        if counted.wait_for(|counted| *counted >= count).await.is_err() {
            // The virtual host is gone: there will be no more confirms.
            std::future::pending::<()>().await;
        }
    }

    /// Sends the held confirms one by one, in this order. Later confirms are sent as usual.
    pub async fn release(mut self, order: ReleaseOrder) {
        if let Some(id) = self.id.take() {
            // There is nothing to release once the virtual host is gone.
            let _ = self.mailbox.run(move |vhost| vhost.release_confirms(id, order)).await;
        }
    }
}

impl Drop for ConfirmHold {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let release = move |vhost: &mut VhostState| vhost.release_confirms(id, ReleaseOrder::InOrder);
            self.mailbox.send(Command::Run(Box::new(release)));
        }
    }
}
