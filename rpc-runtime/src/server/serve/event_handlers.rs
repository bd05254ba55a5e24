//! Events handled by functions: a subscription without an implementation of the events' trait.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    decode::locked,
    dispatch::{serve_one_way, unknown_method},
};
use crate::{
    contract::{Event, LockedMethod, MethodDef, NoError, ServeFuture, Service, ServiceDef},
    message::{Context, IncomingCall},
    server::config::{Pattern, QueueOptions, Subscription},
};

impl Subscription {
    /// Handles the event `E` by a function, in place of an implementation of the trait that declares it:
    /// with the topics that [`to`](Self::to) names for this event, else whatever its topic.
    ///
    /// The function takes the event, whose fields are the parameters of its method, and the [`Context`], both by
    /// value. It returns nothing or a `Result<(), E>`, as such methods do: its error is logged, and the event goes to
    /// the dead letters of the group. Other handlers of the same service may follow. Pass the whole to
    /// [`Server::handle_events`](crate::Server::handle_events).
    ///
    /// An event that comes to the group's queue and has no handler here becomes a dead letter. So all members
    /// of a group should have the same handlers, and the topics of a handler that was taken out should be
    /// [removed](crate::server::ActiveSubscription::remove).
    ///
    /// ```
    /// # mod events {
    /// #     use amqp_rpc_runtime::contract::{MethodDef, NoError, NoReply, Request};
    /// #     #[derive(serde::Serialize, serde::Deserialize)]
    /// #     pub struct PricesChanged { pub price: u64 }
    /// #     impl Request for PricesChanged {
    /// #         const METHOD: &'static MethodDef = &MethodDef::new("prices", "prices.changed").event();
    /// #         type Response = NoReply;
    /// #         type Error = NoError;
    /// #     }
    /// #     impl amqp_rpc_runtime::contract::Event for PricesChanged {}
    /// # }
    /// # use amqp_rpc_runtime::{Server, Subscription};
    /// # use events::PricesChanged;
    /// let billing = Subscription::group("billing").to::<PricesChanged>(["eu.*"]).on::<PricesChanged>(
    ///     async |event, cx| println!("{}: {}", cx.topic().unwrap_or_default(), event.price),
    /// );
    /// let server = Server::new().handle_events(billing);
    /// # let _ = server;
    /// ```
    ///
    /// What a function shares with the program it clones for each event, because its future may outlive the
    /// call of the function:
    ///
    /// ```
    /// # mod events {
    /// #     use amqp_rpc_runtime::contract::{MethodDef, NoError, NoReply, Request};
    /// #     #[derive(serde::Serialize, serde::Deserialize)]
    /// #     pub struct PricesChanged { pub price: u64 }
    /// #     impl Request for PricesChanged {
    /// #         const METHOD: &'static MethodDef = &MethodDef::new("prices", "prices.changed").event();
    /// #         type Response = NoReply;
    /// #         type Error = NoError;
    /// #     }
    /// #     impl amqp_rpc_runtime::contract::Event for PricesChanged {}
    /// # }
    /// # use amqp_rpc_runtime::Subscription;
    /// # use events::PricesChanged;
    /// # use tokio::sync::mpsc;
    /// let (sender, receiver) = mpsc::channel::<u64>(16);
    /// let billing = Subscription::group("billing").on::<PricesChanged>(move |event, _| {
    ///     let sender = sender.clone();
    ///     async move { sender.send(event.price).await }
    /// });
    /// # let _ = (billing, receiver);
    /// ```
    pub fn on<E: Event>(self, handler: impl EventHandler<E>) -> EventHandlers {
        EventHandlers { subscription: self, handlers: Vec::new() }.on(handler)
    }
}

/// A function that handles the event `E`: `async |event, cx| ..`. Implemented for every
/// `Fn(E, Context) -> impl Future` whose future is `Send` and resolves to an [`EventOutcome`].
#[diagnostic::on_unimplemented(
    message = "this function does not handle `{E}`",
    label = "needs `Fn({E}, Context)` with a future that is `Send` and resolves to `()` or `Result<(), impl Display>`",
    note = "what it captures must be cloned for each event: `move |event, cx| {{ let shared = shared.clone(); async move {{ .. }} }}`"
)]
// `AsyncFn` is what rustc takes the parameters' types of an `async` closure from, `Fn` makes its future `Send`.
pub trait EventHandler<E>:
    AsyncFn(E, Context) -> Self::Outcome + Fn(E, Context) -> Self::Future + Send + Sync + 'static
{
    /// What the function returns.
    type Future: Future<Output = Self::Outcome> + Send + 'static;
    /// What the future resolves to.
    type Outcome: EventOutcome;
}

impl<E, H, Fut> EventHandler<E> for H
where
    H: AsyncFn(E, Context) -> Fut::Output + Fn(E, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: EventOutcome> + Send + 'static,
{
    type Future = Fut;
    type Outcome = Fut::Output;
}

/// The outcome of an [`EventHandler`]: `()`, or a `Result<(), E>` with an error for the server's log.
#[diagnostic::on_unimplemented(
    message = "the handler of an event returns nothing, or an error for the server's log",
    label = "must be `()` or `Result<(), E>` with an `E: Display`, not `{Self}`"
)]
pub trait EventOutcome: Send + 'static {
    /// The error, which is logged.
    type Error: fmt::Display + Send + 'static;
    /// The outcome as a `Result`.
    ///
    /// # Errors
    /// That of the handler.
    fn into_result(self) -> Result<(), Self::Error>;
}

impl EventOutcome for () {
    type Error = NoError;

    fn into_result(self) -> Result<(), NoError> {
        Ok(())
    }
}

impl<E: fmt::Display + Send + 'static> EventOutcome for Result<(), E> {
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// A [`Subscription`] whose events are handled by functions. It begins with [`Subscription::on`].
#[must_use = "handlers do nothing until they are passed to a server"]
pub struct EventHandlers {
    subscription: Subscription,
    handlers: Vec<Handler>,
}

struct Handler {
    event: &'static MethodDef,
    lock: Option<LockedMethod>,
    handle: Box<dyn Fn(IncomingCall) -> ServeFuture + Send + Sync>,
}

impl EventHandlers {
    /// Handles the event `E` as well, which must be of the same service: see [`Subscription::on`].
    pub fn on<E: Event>(mut self, handler: impl EventHandler<E>) -> Self {
        let handler = Arc::new(handler);
        let handle = move |call| {
            let handler = Arc::clone(&handler);
            serve_one_way(call, move |event: E, context| {
                let handling = handler(event, context);
                async move { handling.await.into_result() }
            })
        };
        let lock = E::METHOD.lock.map(|_| locked::<E>());
        self.handlers.push(Handler { event: E::METHOD, lock, handle: Box::new(handle) });
        self
    }

    /// Restricts the event `E` to these topics: see [`Subscription::to`].
    pub fn to<E: Event>(mut self, topics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.subscription = self.subscription.to::<E>(topics);
        self
    }

    /// Sets the options of the group's queue: see [`Subscription::queue_options`].
    pub fn queue_options(mut self, options: QueueOptions) -> Self {
        self.subscription = self.subscription.queue_options(options);
        self
    }

    /// The service of these handlers, and what it receives: of an event for which no topic is named, all.
    pub(crate) fn into_parts(self) -> (HandledEvents, Subscription) {
        let Self { mut subscription, handlers } = self;
        for Handler { event: method, .. } in &handlers {
            let is_of_it = |pattern: &Pattern| pattern.method.full_name == method.full_name;
            if !subscription.patterns.iter().any(is_of_it) {
                subscription.patterns.insert(Pattern { method, topics: "#".into() });
            }
        }
        let definition = definition_of(handlers.iter().map(|handler| handler.event).collect());
        (HandledEvents { definition, handlers }, subscription)
    }
}

impl fmt::Debug for EventHandlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<_> = self.handlers.iter().map(|handler| handler.event.full_name).collect();
        f.debug_struct("EventHandlers")
            .field("subscription", &self.subscription)
            .field("events", &events)
            .finish()
    }
}

/// The service whose methods are the handlers of a subscription.
pub(crate) struct HandledEvents {
    definition: &'static ServiceDef,
    handlers: Vec<Handler>,
}

impl Service for HandledEvents {
    const DEFINITION: &'static ServiceDef = &ServiceDef::new("", &[]);

    fn definition(&self) -> &'static ServiceDef {
        self.definition
    }

    fn locked_methods(&self) -> Vec<LockedMethod> {
        self.handlers.iter().filter_map(|handler| handler.lock).collect()
    }

    fn dispatch(&self, call: IncomingCall) -> ServeFuture {
        let event = call.method().full_name;
        match self.handlers.iter().find(|handler| handler.event.full_name == event) {
            Some(handler) => (handler.handle)(call),
            None => unknown_method(call),
        }
    }
}

/// The definition of a service with these events. Definitions are interned, because they live as long as the
/// program, in which subscriptions may come and go.
fn definition_of(events: Vec<&'static MethodDef>) -> &'static ServiceDef {
    static INTERNED: Mutex<Vec<&'static ServiceDef>> = Mutex::new(Vec::new());
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(definition) = interned.iter().find(|definition| *definition.methods == *events) {
        return definition;
    }
    let service = events.first().map_or("", |event| event.service);
    let definition = Box::leak(Box::new(ServiceDef::new(service, Vec::leak(events))));
    interned.push(definition);
    definition
}
