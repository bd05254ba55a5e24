//! What a broker's handles do to disturb clients on purpose.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Broker, Connection, Vhost};
use crate::{
    faults::{Action, Event, Release, Rule},
    recorder::{KEPT, Recording},
    vhost::{self as core, Command, Mailbox},
};

impl Broker {
    /// Does something to what travels between clients and the broker, from now until the rule is dropped.
    ///
    /// Every rule counts what fits it. Where several apply to the same thing, they do so in the order they were made.
    ///
    /// ```
    /// use amqp_rpc_broker::{Broker, faults::{Action, Event, Method}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
    /// let broker = Broker::start().await?;
    /// let rule = broker.on(Event::from_client(Method::BasicPublish).routing_key("fib").nth(2), Action::Drop);
    /// // … the second request to `fib` is lost …
    /// assert_eq!(rule.hits(), 0); // nobody has published yet
    /// # Ok(())
    /// # }
    /// ```
    pub fn on(&self, event: Event, action: Action) -> Rule {
        self.shared.faults.make_rule(event, action)
    }

    /// Records what travels between clients and the broker, from now until the recording is dropped: the newest 10,000.
    pub fn record(&self) -> Recording {
        self.record_last(KEPT)
    }

    /// Records as [`record`](Self::record) does, and keeps only so many.
    pub fn record_last(&self, kept: usize) -> Recording {
        Recording::start(Arc::clone(&self.shared.faults), kept)
    }

    /// Resets the next `number` connections as soon as they are made; 0 serves all again.
    ///
    /// To have connections refused by the system instead, use [`take_down`](Self::take_down).
    pub fn refuse_connections(&self, number: usize) {
        self.shared.faults.refuse_connections(number);
    }

    /// Accepts the next `number` connections and never says a word on them, as a hung broker; 0 serves all again. Connections that are to
    /// be refused come first.
    pub fn accept_then_silence(&self, number: usize) {
        self.shared.faults.accept_then_silence(number);
    }
}

impl Vhost {
    /// The open connections, oldest first.
    pub async fn open_connections(&self) -> Vec<Connection> {
        let named = self.mailbox.ask(|vhost| vhost.named_connections()).await.unwrap_or_default();
        let handle = |(id, name)| {
            let (mailbox, faults) = (self.mailbox.clone(), Arc::clone(&self.faults));
            Connection { id, name, mailbox, faults }
        };
        named.into_iter().map(handle).collect()
    }

    /// The oldest open connection that calls itself this (the client property `connection_name`).
    pub async fn connection(&self, name: &str) -> Option<Connection> {
        self.open_connections().await.into_iter().find(|connection| connection.name() == name)
    }

    /// Keeps all publisher confirms back until they are [released](WithheldConfirms::release), however long that takes.
    /// Messages are routed and delivered as usual.
    pub async fn withhold_confirms(&self) -> WithheldConfirms {
        let mailbox = self.mailbox.clone();
        // The guard is made there: an answer that nobody waits for any more releases them again.
        let withheld = self.mailbox.ask(move |vhost| {
            let (id, count) = vhost.withhold_confirms();
            WithheldConfirms { id: Some(id), count, mailbox }
        });
        withheld.await.unwrap_or_else(|| WithheldConfirms {
            id: None,
            count: watch::channel(0).1,
            mailbox: self.mailbox.clone(),
        })
    }

    /// Delivers everything again that was delivered from a queue and not settled, with `redelivered`, to whichever consumer's turn it is;
    /// returns how many deliveries that were.
    ///
    /// Clients notice nothing else: they may still settle the first deliveries, which then has no effect. So a service handles a request
    /// twice although its connection never broke.
    pub async fn redeliver(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.ask(move |vhost| vhost.redeliver(&queue)).await.unwrap_or_default()
    }

    /// Cancels all consumers of a queue, as a broker does whose queue moves to another node; returns how many they were. The queue stays,
    /// unless it is an auto-delete queue.
    pub async fn cancel_consumers(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.ask(move |vhost| vhost.cancel_consumers(&queue)).await.unwrap_or_default()
    }

    /// Lets everything that is ready in a queue expire now, whatever its time to live: it is dead-lettered if the queue says so, else
    /// dropped. Returns how many messages they were.
    pub async fn expire_now(&self, queue: &str) -> usize {
        let queue = queue.to_owned();
        self.mailbox.ask(move |vhost| vhost.expire_now(&queue)).await.unwrap_or_default()
    }
}

/// Publisher confirms that are kept back. Dropping it releases them in order.
#[derive(Debug)]
#[must_use = "dropping it releases the confirms"]
pub struct WithheldConfirms {
    /// `None` once they were released.
    id: Option<u64>,
    count: watch::Receiver<usize>,
    mailbox: Mailbox,
}

impl WithheldConfirms {
    /// How many are kept back now.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits until so many are kept back: the broker has handled that many publishes. It waits for ever when they do not come: give it
    /// a timeout.
    pub async fn until(&self, count: usize) {
        let mut counted = self.count.clone();
        if counted.wait_for(|counted| *counted >= count).await.is_err() {
            // The virtual host is gone: they never come.
            std::future::pending::<()>().await;
        }
    }

    /// Sends them, each on its own, in this order. Confirms after these come as usual.
    pub async fn release(mut self, release: Release) {
        if let Some(id) = self.id.take() {
            // Nothing is left to release where the virtual host is gone.
            let _ = self.mailbox.ask(move |vhost| vhost.release_confirms(id, release)).await;
        }
    }
}

impl Drop for WithheldConfirms {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let release = move |vhost: &mut core::Vhost| vhost.release_confirms(id, Release::InOrder);
            self.mailbox.send(Command::Do(Box::new(release)));
        }
    }
}
