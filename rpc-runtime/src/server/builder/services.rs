//! Adds services, raw methods, subscriptions and layers to a server.

use std::{future::Future, sync::Arc};

use tower_layer::Layer;

use super::Server;
use crate::{
    contract::Service,
    dialect::ServerDialect,
    layer::{BoxService, RpcService},
    message::{Fault, IncomingCall, Reply},
    server::{
        config::{ServiceOptions, Subscription},
        serve::{EventHandlers, RawMethod, RawService},
        services::{Registration, Role},
    },
};

impl Server {
    /// Serves `service`, the generated `…Server` around your implementation. May be called for any number of
    /// services.
    pub fn service<S: Service>(self, service: S) -> Self {
        self.register(service, Role::Serve(ServiceOptions::new()))
    }

    /// Serves `service` with options of its own: a [`ServiceOptions`], or for its queues a
    /// [`QueueOptions`](crate::server::QueueOptions).
    pub fn service_with<S: Service>(self, service: S, options: impl Into<ServiceOptions>) -> Self {
        self.register(service, Role::Serve(options.into()))
    }

    /// Serves `service` to the peers of another framework, such as nameko or `NestJS`; see [`dialect`](crate::dialect).
    ///
    /// In a dialect it has a queue of its own. So one server may serve a service in several dialects and, by
    /// [`service`](Self::service), to clients of this library: share the implementation with `…Server::from_arc`. Process
    /// locks hold over all of them. Layers, concurrency and limits are those of the server; a
    /// [namespace](Self::namespace) does not change the names of a dialect, and its queue keeps no dead letters: what
    /// becomes of requests that fail is the dialect's.
    ///
    /// What the wire cannot say of the service is refused by [`start`](Self::start).
    pub fn service_in<S: Service>(self, service: S, dialect: impl ServerDialect) -> Self {
        self.register(service, Role::ServeIn(Arc::new(dialect)))
    }

    /// Receives events of `service`: those that `subscription` names. May be called for any number of
    /// subscriptions. To receive the events by several groups, share one implementation with
    /// `…Server::from_arc`.
    ///
    /// Only events: [`service`](Self::service) serves calls and notifications. A handler sees in
    /// [`Context::topic`](crate::Context::topic) what its event is about. Its errors are logged, and the
    /// event goes to the dead letters of the group. A `reply_to` of an event is ignored: no reply is sent.
    pub fn subscribe<S: Service>(self, service: S, subscription: Subscription) -> Self {
        self.register(service, Role::Receive(subscription))
    }

    /// Receives events by functions, without an implementation of their trait: those of a
    /// [`Subscription`] with handlers ([`Subscription::on`]). May be called for any number of them. Otherwise as
    /// [`subscribe`](Self::subscribe).
    pub fn handle_events(self, handlers: EventHandlers) -> Self {
        let (service, subscription) = handlers.into_parts();
        self.subscribe(service, subscription)
    }

    fn register<S: Service>(mut self, service: S, role: Role) -> Self {
        self.services.push(Registration::new(service, role));
        self
    }

    /// Serves the method of this name, such as `legacy.sum`, by a function: for requests that no trait
    /// describes.
    ///
    /// Requests pass the same checks and layers as those of typed methods, but are not decoded:
    /// [`IncomingCall::json`] decodes one, or [`IncomingCall::body`] is used as it is, whatever its content
    /// type. The function returns a [`Reply`]: [`json`](Reply::json), [`bytes`](Reply::bytes), or its own
    /// [`error`](Reply::error); a [`Fault`] says that the request was refused. Panics, timeouts and shutdowns
    /// are handled as for typed methods.
    ///
    /// Only this name is served: from the exchange `amqp-rpc`, and from the queue of the service, which is
    /// the part before the name's last dot. A [`RawMethod`] sets other ones. Two methods for the same
    /// requests are refused by [`start`](Self::start). See [`RawService`] for what can be added to a running
    /// server.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{Server, middleware::{IncomingCall, Reply}};
    ///
    /// let server = Server::new().raw("legacy.sum", |call: IncomingCall| async move {
    ///     let numbers: Vec<f64> = call.json()?;
    ///     if numbers.is_empty() {
    ///         return Reply::error(&"nothing to add");
    ///     }
    ///     Reply::json(&numbers.iter().sum::<f64>())
    /// });
    /// # let _ = server;
    /// ```
    pub fn raw<H, Fut>(self, method: impl Into<RawMethod>, handler: H) -> Self
    where
        H: Fn(IncomingCall) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        self.service(RawService::new(method, handler))
    }
    /// Serves only the services with these names, such as names from a configuration. Default: all of them. A
    /// name that no service has is refused by [`start`](Self::start) with the list of those that exist. A
    /// later call replaces the names.
    ///
    /// The names are those on the wire, such as `fib`. A service that is left out is not declared, and
    /// nothing is logged about it. Services that are added to the running server are not filtered.
    /// Subscriptions are left out with their services.
    ///
    /// ```
    /// # use amqp_rpc_runtime::Server;
    /// let enabled = std::env::var("SERVICES").unwrap_or_else(|_| "fib,accounts".into());
    /// let server = Server::new().only(enabled.split(','));
    /// # let _ = server;
    /// ```
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.filter.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Leaves out those of its services that are named. For the rest as [`only`](Self::only), after which it
    /// is applied.
    pub fn except<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.filter.except = names.into_iter().map(Into::into).collect();
        self
    }

    /// Runs `layer` around every call of every service. The first layer that is added sees a call first.
    ///
    /// [`middleware::from_fn`](crate::middleware::from_fn) makes a layer from an async function.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<BoxService> + Send + Sync + 'static,
        L::Service: RpcService,
    {
        self.layers.0.push(Box::new(move |next| BoxService::new(layer.layer(next))));
        self
    }
}
