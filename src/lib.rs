//! Typed RPC over AMQP 0-9-1, for RabbitMQ and LavinMQ. Annotate a trait, and get a typed async client and a
//! server for it.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use amqp_rpc::{CallError, Client, Server, rpc_service};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize, thiserror::Error)]
//! pub enum FibError {
//!     #[error("n is above {limit}")]
//!     TooLarge { limit: u64 },
//! }
//!
//! /// Fibonacci numbers.
//! #[rpc_service]
//! pub trait Fib {
//!     /// The `n`th Fibonacci number.
//!     #[rpc(idempotent)]
//!     async fn compute(&self, n: u64) -> Result<u64, FibError>;
//! }
//!
//! struct Fibonacci;
//!
//! impl Fib for Fibonacci {
//!     async fn compute(&self, n: u64) -> Result<u64, FibError> {
//!         if n > 90 {
//!             return Err(FibError::TooLarge { limit: 90 });
//!         }
//!         Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = Server::new().service(FibServer::new(Fibonacci)).start("amqp://localhost").await?;
//!     let fib = FibClient::new(Client::connect("amqp://localhost").await?);
//!
//!     match fib.compute(90).timeout(Duration::from_secs(2)).await {
//!         Ok(value) => println!("fib(90) = {value}"),
//!         Err(CallError::Method(FibError::TooLarge { limit })) => println!("the limit is {limit}"),
//!         Err(error) if error.is_retryable() => println!("try again: {error}"),
//!         Err(error) => return Err(error.into()),
//!     }
//!     server.shutdown().await?;
//!     Ok(())
//! }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | declare a service | [`rpc_service`] |
//! | call it, send notifications, publish events | [`Client`], [`Call`], [`CallOptions`] |
//! | handle a failed call | [`CallError`], [`CallError::execution`], [`CallError::is_retryable`], [`Fault`] |
//! | serve it | [`Server`], [`RunningServer`], [`Context`], [`QueueOptions`](server::QueueOptions), [`ServiceOptions`](server::ServiceOptions) |
//! | receive events | [`Server::subscribe`], [`Subscription`]; by functions: [`Subscription::on`], [`Server::handle_events`] |
//! | add and remove services of a running server | [`RunningServer::add`], [`RunningServer::remove`] |
//! | run calls for one object one after the other | [`rpc_service`](macro@rpc_service#locks), [`Server::max_parked`], [`Locks`](server::Locks) |
//! | limit durations | [`Call::timeout`], [`Client::with_timeout`], [`Server::handler_timeout`], [`Server::cancel_when_late`] |
//! | connect, with TLS and changing passwords | [`ConnectOptions`], [`connect`] |
//! | trace, measure, authorize or limit calls | [`layers`] |
//! | write a layer | [`middleware`] |
//! | choose the format and the compression of bodies | [`codec`] |
//! | call from threads, without async | [`client::blocking`] |
//! | send passwords and keys encrypted | feature `secrets`: `Secret`, `secrets::Keyring` |
//! | answer a repeat with the stored reply | [`Call::idempotency_key`]; feature `idempotency`: `idempotency`, `Server::idempotency_store` |
//! | say what a service has, for documents and tools | feature `schema`: `description`, `#[rpc_service(schema)]` |
//! | list the instances of a service, describe it, see its numbers | [`Client::reflection`], [`Server::reflection`] |
//! | test code that calls, without a broker | [`Client::in_process`] |
//! | call or serve by name, without a trait | [`Client::call_json`], [`Client::call_bytes`], [`Server::raw`] |
//!
//! The repository's `docs/` describe the wire protocol, the semantics of every failure, and every message of
//! the macro.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `runtime` (default) | clients and servers; every other feature but `docs`, `garde`, `schema` and `secrets` turns it on |
//! | `tls` (default) | `amqps://` and `connect::Tls`, with the cryptography of ring |
//! | `tls-aws-lc` | the same with the cryptography of aws-lc-rs, whose key exchange withstands quantum computers and which takes long to build; set `default-features = false` |
//! | `msgpack` | bodies in MessagePack: `codec::MessagePack` |
//! | `cbor` | bodies in CBOR: `codec::Cbor` |
//! | `gzip`, `zstd` | compressed bodies: [`codec::Compression`] |
//! | `garde` | validation of parameters and results, by rules of the crate garde |
//! | `secrets` | `Secret`: values that travel encrypted, with a `secrets::Keyring` on clients and servers |
//! | `schema` | `description`: services as values, with the JSON Schemas of their messages, by `#[rpc_service(schema)]` |
//! | `docs` | `docs`: AsyncAPI documents, JSON Schemas and an HTML page of descriptions, and a comparison of two versions |
//! | `docs-server` | `docs::server`: the page over HTTP, and calls from it if you ask for them |
//! | `idempotency` | `Server::idempotency_store` for `#[rpc(deduplicate)]` methods, `idempotency::MemoryStore`, and the trait of stores |
//! | `redis` | `idempotency::RedisStore`, which servers share |
//! | `metrics` | `layers::Metrics`: durations and calls in flight, through the `metrics` facade |
//! | `tower` | `layers::from_tower`: layers of the tower crate |
//!
//! Without TLS, `amqps://` is refused. The library never falls back to plain text.
//!
//! # A contract crate of types only
//!
//! A crate that only holds contracts needs neither lapin nor tokio. It depends on
//!
//! ```toml
//! amqp-rpc = { version = "0.1", default-features = false }
//! ```
//!
//! and has its traits, its types, and the generated requests, responses and events. Their clients and servers
//! exist wherever a program builds that crate together with the feature `runtime`: cargo builds `amqp-rpc` once,
//! with the features of all that depend on it. So a service or a caller depends on the contract crate, and on
//! `amqp-rpc` with its default features. In a build without `runtime`, rustc's message about a missing
//! `FibClient` names the feature. Such a build has these items of this crate: [`rpc_service`], [`Context`],
//! [`Headers`], [`HeaderValue`], [`Bytes`], [`contract`] and [`error`].
//!
//! # Logging
//!
//! The library logs through `tracing`. The targets are `amqp_rpc_runtime`, `amqp_rpc_transport` and `lapin`.
//! It logs events that it does not return as an error, such as a lost channel or a malformed reply (`WARN`).
//!
//! A server logs each failed call once, with the target `amqp_rpc_runtime::failures`. The fields are service,
//! method, user and application of the caller, correlation id, duration and outcome. Successful calls are not
//! logged.
//!
//! | level | failure |
//! |---|---|
//! | `ERROR` | a method or a layer panicked, a reply cannot be encoded for AMQP, or reconnecting stops |
//! | `WARN` | the server is the cause: a method was cancelled, `internal` |
//! | `WARN` | any failure of a request that has no caller, and malformed messages |
//! | `INFO` | a method returned its own error; only with [`Server::log_errors`] |
//! | `DEBUG` | a request was refused, and its caller received the fault |
//!
//! [`Server::log_exclude`] leaves out expected failures.
//!
//! Payloads, passwords and header values are never in log lines or errors of this library. **lapin logs logins
//! and changed passwords at `TRACE`**, and at no other level; messages do not pass through it. If you log everything,
//! exclude it with the filter `trace,lapin=debug` of `tracing-subscriber`.
//!
//! lapin also logs at `ERROR` when the broker closes a channel or a connection. Some of these are expected,
//! such as the check for an exchange that does not exist yet. This library returns or logs everything
//! relevant of it, so `lapin=off` loses nothing.
#![cfg_attr(
    not(feature = "runtime"),
    allow(rustdoc::broken_intra_doc_links, reason = "clients and servers are not in this build")
)]

/// Generates a typed client, a server and the message types for a trait.
///
/// For `trait Fib` with a method `compute` it generates, next to the trait:
///
/// | item | purpose |
/// |---|---|
/// | `FibClient` | the client: `FibClient::new(client).compute(30)` is a [`Call`], to await or to give options first |
/// | `FibServer<S>` | the service for [`Server::service`]: `FibServer::new(implementation)`, or `from_arc` to share one |
/// | `FibComputeRequest` | the parameters as they travel: a JSON object with their names |
/// | `FibComputeResponse` | the result as it travels |
/// | `PricesChanged` | an event, of a method `changed` in `trait Prices`: subscriptions name it |
///
/// `FibClient` and `FibServer` exist with the feature `runtime` of `amqp-rpc`, which is on by default.
///
/// The trait stays as it is, with the supertraits `Send + Sync + 'static`. Implement it with `async fn`.
/// Parameters are owned types. Parameters, results and errors are `Serialize + Deserialize`. `#[serde(..)]`
/// on a parameter applies to its field. The macro refuses anything else with a message that says what to
/// write instead; see docs/macro-errors.md.
///
/// A one-way method (`notify` or `event`) returns nothing, or `Result<(), E>` with an `E` that implements
/// `Display`. Its error is logged by the server, and the message becomes a dead letter, except for listeners,
/// which have none.
///
/// # On the trait: `#[rpc_service(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the trait's name in snake case | the name of the service on the wire |
/// | `exchange = ".."` | `amqp-rpc` | the exchange of requests; `""` is the default exchange, where the routing key of a method is its queue |
/// | `event_exchange = ".."` | `amqp-rpc.events` | the topic exchange of events |
/// | `queue = ".."` | the service's name | the queue of requests; a server may choose another one ([`ServiceOptions`](server::ServiceOptions)) |
/// | `lock_partitions = N` | 16 | the number of queues, 1 to 256, that locks with the scope `cluster` are distributed over |
/// | `schema` | | generates `fib_description()`, which [describes](#descriptions) the service (feature `schema`) |
/// | `crate = path` | `::amqp_rpc` | the path of this crate in generated code |
///
/// # On a method: `#[rpc(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the method's name | the name of the method on the wire |
/// | `routing_key = ".."` | `{service}.{method}` | the routing key of its requests |
/// | `queue = ".."` | the service's queue | a separate queue |
/// | `request = Name` | `{Trait}{Method}Request`, of an event `{Trait}{Method}` | the name of the request type, if names collide |
/// | `timeout = "5s"` | the client's | the timeout of its calls (`ms`, `s`, `m`, `h`) |
/// | `cancel_when_late` | the server's | it is cancelled when its caller has stopped waiting: its future is dropped at an `.await`; see [`Server::cancel_when_late`] |
/// | `idempotent` | | running it twice is harmless: a call whose outcome is unknown may be retried |
/// | `at_most_once` | | a request that may have run is not run again: its caller gets `maybe_executed` |
/// | `deduplicate` | | a repeat with the same [idempotency key](Call::idempotency_key) is answered with the stored reply, and never runs twice at once; the server needs `Server::idempotency_store` (feature `idempotency`) |
/// | `notify` | | a one-way message to one server: its [`Call`] resolves with the publisher confirm |
/// | `event` | | a one-way message to all subscribers: its [`Call`] has a [`topic`](Call::topic) |
/// | `bare` | | the single parameter is the whole body: `30`, not `{"n":30}`; [`Bytes`] are sent unchanged |
/// | `blocking` | | a plain `fn`, which runs on a thread that may block; for an `async fn` a server says so ([`ServiceOptions`](server::ServiceOptions::blocking)) |
/// | `lock = ".."` | | requests with an equal value of this parameter, or of a field of it (`"cluster.id"`), never run at the same time; see [below](#locks) |
/// | `lock` | | no two requests of the method run at the same time |
/// | `lock_scope = ".."` | `process` | where the lock holds: in one `process`, or in a `cluster` of processes |
/// | `lock_name = ".."` | the text of `lock` | methods of the service whose locks have equal names exclude each other |
/// | `example = { .. }` | | the body of a request as JSON, such as `{ "n": 30 }`, for its [description](#descriptions) |
/// | `validate_result` | | the value is checked by its type's garde rules before it is sent, and when it is received |
///
/// A result of the type [`Bytes`], also in a `Result<Bytes, E>`, is sent unchanged as well, with any codec.
/// Use it for protobuf, images, or any other format that both sides know. Errors are encoded by the codec.
///
/// # Locks
///
/// `#[rpc(lock = "cluster_id")]` keeps requests with an equal `cluster_id` from running at the same time; those with
/// different ones do. The value is that of the parameter as it is called in Rust, or of a field of it, whose type
/// implements [`LockKey`](contract::LockKey): strings, integers, and types of yours that do. The server reads it
/// from the request, so that no client can evade a lock.
///
/// Two methods with `lock = "cluster_id"` exclude each other as well: the text is the name of their lock, unless
/// `lock_name` says another one; then they must have the same `lock_scope`. `lock` without a value is a lock of the method alone, called by its full name, such
/// as `clusters.rebuild`.
///
/// # Descriptions
///
/// `#[rpc_service(schema)] trait Fib` has, beside it, a function `fib_description`, which returns a
/// `ServiceDescription` of the module `description`: the names, addresses and settings of its methods, their
/// documentation, and JSON Schemas of their messages. It exists without the feature `runtime`, too. The types of
/// parameters, results and errors need `#[derive(schemars::JsonSchema)]` then, of the crate schemars 1; those of the
/// standard library have it. serde's and garde's attributes are in the schemas: names, defaults, limits.
/// `#[schemars(..)]` on a parameter says how it is described, such as `#[schemars(with = "String")]`.
///
/// # On a parameter
///
/// `#[rpc(context)] cx: &Context` is not sent. The method receives the [`Context`] of its call there.
///
/// `#[garde(..)]` gives rules for the value, with the feature `garde` and the crate garde among the
/// dependencies: `#[garde(range(max = 90))] n: u64`, or `#[garde(dive)] user: User` for a type with rules.
/// The server checks them before the method runs. It replies `bad_request` with all violations
/// ([`Fault::violations`]). With [`ClientBuilder::validate`](client::ClientBuilder::validate) a client checks
/// them as well, before it sends. A fault lists at most a hundred violations, each with 256 bytes of path and
/// of message, so it has less than half a MiB.
///
/// **garde checks every element of a list, even of a list that is too long by another rule,** and collects
/// all violations. For untrusted callers, set [`Server::max_request_bytes`] to the size of a legitimate
/// request, or limit the list while it is decoded, with `#[serde(deserialize_with = "..")]` on the parameter
/// or with a type in place of the `Vec`. A `custom` rule in place of `length` and `inner` can stop early.
///
/// ```
/// use amqp_rpc::{Context, rpc_service};
///
/// #[rpc_service(name = "accounts", queue = "accounts.v2")]
/// trait Accounts {
///     /// Opens an account and returns its number.
///     #[rpc(at_most_once, timeout = "30s")]
///     async fn open(&self, #[rpc(context)] cx: &Context, owner: String, #[serde(default)] limit: Option<u32>) -> u64;
///     /// Adds up the bookings of a year, which is CPU-bound.
///     #[rpc(blocking, idempotent, queue = "accounts.slow")]
///     fn balance(&self, account: u64, year: u16) -> i64;
/// }
///
/// // The body of the request for `balance(7, 2026)`:
/// let request = AccountsBalanceRequest { account: 7, year: 2026 };
/// assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"account":7,"year":2026}"#);
/// ```
pub use amqp_rpc_macros::rpc_service;

#[cfg(feature = "secrets")]
pub use amqp_rpc_contract::Secret;
#[cfg(any(feature = "runtime", feature = "schema"))]
pub use amqp_rpc_contract::description;
#[cfg(not(feature = "runtime"))]
#[doc(hidden)]
pub use amqp_rpc_contract::private as __private;
pub use amqp_rpc_contract::{Bytes, Context, HeaderValue, Headers};
#[cfg(not(feature = "runtime"))]
pub use amqp_rpc_contract::{contract, error};
#[cfg(feature = "dialects")]
pub use amqp_rpc_dialects as dialects;
#[cfg(feature = "docs")]
pub use amqp_rpc_docs as docs;
#[cfg(feature = "idempotency")]
pub use amqp_rpc_runtime::idempotency;
#[cfg(feature = "runtime")]
#[doc(hidden)]
pub use amqp_rpc_runtime::private as __private;
#[cfg(all(feature = "runtime", feature = "secrets"))]
pub use amqp_rpc_runtime::secrets;
#[cfg(feature = "runtime")]
pub use amqp_rpc_runtime::{
    Call, CallError, CallOptions, Client, ConnectOptions, Execution, Fault, FaultCode, RunningServer, Server,
    Subscription, client, codec, connect, contract, dialect, error, in_process, layers, middleware,
    reflection, server,
};

#[cfg(all(doctest, feature = "runtime"))]
#[doc = include_str!("../README.md")]
struct Readme;
