//! Clients that call services of their own process, without a broker: for unit tests of the code that calls.

mod services;

use std::fmt;

use amqp_rpc_transport::ConnectError;

use self::services::Services;
use crate::{
    client::{Client, ClientBuilder},
    contract::Service,
    idempotency::ChosenStore,
};

impl Client {
    /// A client that calls `service`, the generated `…Server` around an implementation or a mock of it, in this
    /// process: for unit tests of code that needs a client. There is no broker and no socket.
    ///
    /// Typed clients, options, layers and errors are those of any client. Requests and replies are encoded and
    /// decoded, so that a value which would not travel fails here too. For several services, or other options,
    /// see [`ClientBuilder::in_process`].
    ///
    /// What differs from a broker:
    ///
    /// - A method that `service` does not have is `Unroutable`. The services that there are do not end.
    /// - A method that panics is the fault `panicked`, with the text of the panic.
    /// - Events are received by the services that declare them, as if each had subscribed to all of them. A
    ///   notification or an event resolves when its method has ended, or with its timeout. It is
    ///   confirmed in any case: its error or panic is logged, as a server does.
    /// - Methods with a lock are run one after the other for each key, as in one server; no bound of those that wait
    ///   refuses a call.
    /// - The [`state`](Self::state) is ready until the client is closed. Compression, the reply address and the
    ///   user's name have no effect.
    /// - Replies of `#[rpc(deduplicate)]` methods are stored in memory, until the client is dropped.
    /// - Timeouts follow tokio's clock, which a test may pause.
    ///
    /// Methods run in tasks on the runtime that the call is polled on. They continue when their call times out
    /// or is dropped, until the last clone of the client, with its typed clients and calls, is dropped. That
    /// also drops the service, and a panic of that, such as a mock's that was not called as often as it
    /// expects, is not caught.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use amqp_rpc::{Client, middleware::{IncomingCall, Reply}, server::RawService};
    /// use serde_json::json;
    ///
    /// let sum = RawService::new("math.sum", |call: IncomingCall| async move {
    ///     Reply::json(&call.json::<Vec<u64>>()?.iter().sum::<u64>())
    /// });
    /// let client = Client::in_process(sum);
    /// assert_eq!(client.call_json("math.sum", json!([1, 2])).await?, json!(3));
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    /// When the service has two methods for the same requests, or a `#[rpc(deduplicate)]` method in a build without the
    /// feature `idempotency`.
    #[must_use]
    #[track_caller]
    pub fn in_process(service: impl Service) -> Self {
        let built = Self::builder().in_process().service(service).build();
        built.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl ClientBuilder {
    /// Adds services to call in place of a broker; see [`Client::in_process`].
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// # use amqp_rpc::{Client, contract::Service, error::ConnectError};
    /// # fn make(orders: impl Service, stock: impl Service) -> Result<Client, ConnectError> {
    /// let client = Client::builder().fail_fast().in_process().service(orders).service(stock).build()?;
    /// # Ok(client) }
    /// ```
    pub fn in_process(self) -> InProcessBuilder {
        InProcessBuilder { options: self, services: Services::default(), store: ChosenStore::in_memory() }
    }
}

/// Builder of a client that calls services of its own process; made by [`ClientBuilder::in_process`].
#[must_use = "a builder does nothing until `build`"]
pub struct InProcessBuilder {
    options: ClientBuilder,
    services: Services,
    store: ChosenStore,
}

impl InProcessBuilder {
    /// Adds a service: the generated `…Server` around an implementation or a mock. It has the namespace of the
    /// client.
    pub fn service(self, service: impl Service) -> Self {
        Self { services: self.services.with(service), ..self }
    }

    /// The store of the replies of `#[rpc(deduplicate)]` methods, as for a
    /// [server](crate::Server::idempotency_store). Default: one in memory, of this client.
    #[cfg(feature = "idempotency")]
    pub fn idempotency_store(self, store: impl crate::idempotency::IdempotencyStore) -> Self {
        let options = crate::idempotency::IdempotencyOptions::new();
        Self { store: ChosenStore::new(store, options), ..self }
    }

    /// Makes the client. Without services, every call is `Unroutable`.
    ///
    /// # Errors
    /// [`ConnectError::InvalidOption`]: an option of the client, two methods that would receive the same requests, or a
    /// `#[rpc(deduplicate)]` method in a build without the feature `idempotency`.
    pub fn build(self) -> Result<Client, ConnectError> {
        let namespace = self.options.check_in_process()?;
        let deduplication = self.store.open(&namespace, true).map_err(ConnectError::InvalidOption)?;
        let services = self.services.deduplicated(deduplication.as_ref());
        let services = services.map_err(|missing| ConnectError::InvalidOption(missing.to_string()))?;
        let services = services.in_namespace(namespace.clone());
        services.check().map_err(ConnectError::InvalidOption)?;
        Ok(self.options.over(namespace, services))
    }
}

impl fmt::Debug for InProcessBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessBuilder")
            .field("options", &self.options)
            .field("services", &self.services.names())
            .finish()
    }
}
