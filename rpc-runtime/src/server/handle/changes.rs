//! Changes what a running server serves and receives.

use std::sync::Arc;

use super::RunningServer;
use crate::{
    contract::Service,
    dialect::ServerDialect,
    error::ChangeError,
    server::{
        config::{ServiceOptions, Subscription},
        serve::EventHandlers,
        services::{ActiveSubscription, Added, ChangeRequest, Registration, Role},
        shutdown_report::ShutdownReport,
    },
};

impl RunningServer {
    /// Serves one more service, as if it had been given to [`Server::service`](crate::Server::service):
    /// within the server's layers, from queues with the server's options. Returns when its consumers are
    /// live. Other services are not disturbed; a queue that is consumed already serves the new methods as
    /// well.
    ///
    /// The addition survives reconnects. Changes are made one after the other. Every exchange, queue and
    /// consumer must be made within [`ConnectOptions::timeout`](crate::ConnectOptions::timeout); a shutdown waits
    /// for none of them.
    ///
    /// Dropping the future before it resolves takes the addition back: the service is not served, or no more,
    /// as after a [removal](Self::remove), and the same can be added again at once. Its queues may stay
    /// declared.
    ///
    /// # Errors
    /// `Refused` with the reason that a start would have had, `NotConnected` during an outage or when one
    /// begins meanwhile, `Ended` when the server is shut down before: then the service is not served. A queue
    /// may have been declared by then, and an event bound, as by a start that fails.
    ///
    /// Everything else is served as before, over the same connection. Only a consumer that is refused
    /// although its queue was not, or that is not made in time, costs the connection: the deliveries to the
    /// consumers of this change are requeued, and running calls are cancelled.
    pub async fn add<S: Service>(&self, service: S) -> Result<(), ChangeError> {
        self.register(service, Role::Serve(ServiceOptions::new())).await
    }

    /// Does the same with options of its own: a [`ServiceOptions`], or for its queues a
    /// [`QueueOptions`](crate::server::QueueOptions).
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn add_with<S: Service>(
        &self,
        service: S,
        options: impl Into<ServiceOptions>,
    ) -> Result<(), ChangeError> {
        self.register(service, Role::Serve(options.into())).await
    }

    /// Does the same in a dialect, from queues of its own, as [`Server::service_in`](crate::Server::service_in).
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn add_in<S: Service>(
        &self,
        service: S,
        dialect: impl ServerDialect,
    ) -> Result<(), ChangeError> {
        self.register(service, Role::ServeIn(Arc::new(dialect))).await
    }

    async fn register<S: Service>(&self, service: S, role: Role) -> Result<(), ChangeError> {
        let registration = Registration::new(service, role);
        let request = |reply| ChangeRequest::Add { registration, reply };
        ChangeRequest::send(&self.changes, request).await.map(Added::accept)
    }

    /// Removes the service of this name, also in all dialects that it is served in: takes no further requests for it, and returns when its calls have
    /// finished. Calls that take longer than the drain timeout are cancelled and requeued; the report names
    /// them, and the server's other calls go on. When the connection is lost or the server shut down before
    /// that, calls that still ran are cancelled with it, and reported as well. Those of `#[rpc(deduplicate)]` methods
    /// whose connection was lost before run on: they are neither waited for nor reported.
    ///
    /// Its queues, their bindings and the requests in them stay on the broker: for other servers, or until it
    /// is [added](Self::add) again. While a queue is shared with a service that is still served, requests
    /// still come. Their callers get the fault `shutting_down`, which says that the method did not run and
    /// that another server may be tried.
    ///
    /// **Notifications for it that come from a shared queue go to the dead letters**, each with a `WARN` in
    /// the log, also those that other servers could have run: requeued, they would come again at once and for
    /// ever. Give a service that is added and removed a queue of its own, as it has by default; then its
    /// notifications wait there.
    ///
    /// A removal survives reconnects. Dropping the future does not undo it.
    ///
    /// # Errors
    /// `NotServed`, which lists the names that are; `NotConnected` during an outage; `Ended`. Nothing is
    /// removed then.
    pub async fn remove(&self, name: &str) -> Result<ShutdownReport, ChangeError> {
        let name = name.to_owned();
        ChangeRequest::send(&self.changes, |reply| ChangeRequest::Remove { name, reply }).await
    }

    /// Receives events of `service`, as if it had been given to
    /// [`Server::subscribe`](crate::Server::subscribe). Returns when every event that is published from now
    /// on is received. Dropping the future before it resolves takes the subscription back, as for
    /// [`add`](Self::add); the queue of a group may stay and gather events.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn subscribe<S: Service>(
        &self,
        service: S,
        subscription: Subscription,
    ) -> Result<ActiveSubscription, ChangeError> {
        let registration = Registration::new(service, Role::Receive(subscription));
        let request = |reply| ChangeRequest::Subscribe { registration, reply };
        let info = ChangeRequest::send(&self.changes, request).await?.accept();
        Ok(ActiveSubscription { info, changes: self.changes.clone() })
    }

    /// Receives events by functions, as if they had been given to
    /// [`Server::handle_events`](crate::Server::handle_events); otherwise as [`subscribe`](Self::subscribe).
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn handle_events(&self, handlers: EventHandlers) -> Result<ActiveSubscription, ChangeError> {
        let (service, subscription) = handlers.into_parts();
        self.subscribe(service, subscription).await
    }

    /// The current subscriptions, in the order in which they were made.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<ActiveSubscription> {
        let subscriptions = self.summary.borrow().subscriptions.clone();
        let active = |info| ActiveSubscription { info, changes: self.changes.clone() };
        subscriptions.into_iter().map(active).collect()
    }
}
