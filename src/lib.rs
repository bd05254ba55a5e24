//! Typed RPC over AMQP 0-9-1: annotate a trait, get a typed async client and a server that talk through RabbitMQ or LavinMQ.
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
//!         Err(CallError::Method(FibError::TooLarge { limit })) => println!("ask for at most {limit}"),
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
//! | you want to | look at |
//! |---|---|
//! | declare a service | [`rpc_service`] |
//! | call it, send notifications, publish events | [`Client`], [`Call`], [`CallOptions`], [`CallError`] |
//! | call without async, from threads that wait | [`blocking::Client`], [`blocking::Wait`] |
//! | call by name, without a trait | [`Client::call_json`], [`Client::call_bytes`], [`UntypedCall`] |
//! | choose what bodies are written in | [`codec`] |
//! | serve it | [`Server`], [`RunningServer`], [`Context`], [`QueueOptions`], [`FailedCall`] |
//! | receive events, as a group or as a listener | [`Server::subscribe`], [`Subscription`], [`ActiveSubscription`] |
//! | choose, add and remove services | [`Server::only`], [`RunningServer::add`], [`RunningServer::remove`], [`ChangeError`] |
//! | serve by name, without a trait | [`Server::raw`], [`RawMethod`], [`RawService`] |
//! | run something around every call, on either side | [`layers`], [`middleware`], [`RpcService`], [`ClientService`] |
//! | bound how long things take | [`Call::timeout`], [`Client::with_timeout`], [`Server::handler_timeout`], [`Server::cancel_when_late`], [`Context::scope`] |
//! | reach the broker, by TLS, with passwords that change | [`ConnectOptions`], [`Tls`], [`Credentials`], [`ConnectError`] |
//! | know whether a failed call ran | [`CallError::execution`], [`CallError::is_retryable`], [`Fault`] |
//!
//! The repository's `docs/` explain the wire protocol, what is promised for each failure, and every message of the macro.
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | `tls` (default) | `amqps://` and [`Tls`], with the cryptography of aws-lc-rs |
//! | `tls-ring` | the same with that of ring, which needs less to be built; switch the default features off |
//! | `msgpack` | bodies in MessagePack: `codec::MessagePack` |
//! | `cbor` | bodies in CBOR: `codec::Cbor` |
//! | `gzip`, `zstd` | bodies that are compressed: `codec::Compression` for [`ClientBuilder::compression`] and [`Server::compression`] |
//! | `garde` | rules for the values of parameters and results, by the crate garde |
//! | `metrics` | `layers::Metrics`: durations and calls in flight, through the `metrics` facade |
//! | `tower` | `layers::from_tower`: layers of the tower crate |
//!
//! Without TLS, `amqps://` is refused: nothing is ever sent in clear that should not be.
//!
//! # Logging
//!
//! The library logs through `tracing`, under the targets `amqp_rpc_runtime`, `amqp_rpc_transport` and `lapin`. It logs what it does not return, such as a lost
//! channel or strange replies (`WARN`). A server logs each call that fails once, under `amqp_rpc_runtime::failures`, with service,
//! method, user and application that called, correlation id, duration and outcome:
//!
//! | level | what failed |
//! |---|---|
//! | `ERROR` | a method, or middleware, panicked |
//! | `WARN` | the server's own part: a method that was cancelled, a reply that cannot be sent, `internal`; whatever nobody hears of, because the request has no caller; hostile messages |
//! | `INFO` | a method returned its own error; only with [`Server::log_errors`] |
//! | `DEBUG` | a request was refused, and its caller knows why |
//!
//! [`Server::log_exclude`] keeps expected ones out. Calls that succeed log nothing. Payloads, passwords and headers
//! are never in its own lines, nor in its errors. **lapin traces every frame, passwords and payloads included**, at `TRACE` and at no
//! other level. Whoever logs everything leaves that out: `trace,lapin=debug` as a filter of `tracing-subscriber`.
//!
//! lapin also logs at `ERROR` what is no error here: each channel that the broker closes, such as one on which this library has asked for an
//! exchange that does not exist yet, and each connection that ends. What of it matters is returned, or logged by this library as well:
//! `lapin=off` keeps a log quiet and loses nothing.

/// Turns a trait into a typed client, a server, and the structs that travel between them.
///
/// For `trait Fib` with a method `compute` it generates, beside the trait:
///
/// | item | is |
/// |---|---|
/// | `FibClient` | `FibClient::new(client).compute(30)` is a [`Call`]: await it, or give it options first |
/// | `FibServer<S>` | what [`Server::service`] takes: `FibServer::new(implementation)`, or `from_arc` to share one |
/// | `FibComputeRequest` | the parameters as they travel: a JSON object with their names |
/// | `FibComputeResponse` | the result as it travels |
///
/// Methods that nobody answers return nothing, or `Result<(), E>` with an `E` that can be displayed: their errors go to the server's log,
/// and the message to the dead letters.
///
/// The trait stays what it is, with `Send + Sync + 'static` as supertraits; implement it with `async fn`. Parameters are owned
/// and, like results and errors, `Serialize + Deserialize`. `#[serde(..)]` on a parameter acts on its field. What cannot be
/// served is refused with a message that says what to write instead; docs/macro-errors.md lists them all.
///
/// # On the trait: `#[rpc_service(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the trait's name in snake case | the service on the wire |
/// | `exchange = ".."` | `amqp-rpc` | where requests are published to; `""` is the default exchange, where a method's routing key is its queue |
/// | `event_exchange = ".."` | `amqp-rpc.events` | where events are published to: a topic exchange |
/// | `queue = ".."` | the service's name | where requests wait |
/// | `crate = path` | `::amqp_rpc` | where generated code finds this crate |
///
/// # On a method: `#[rpc(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the method's name | the method on the wire |
/// | `routing_key = ".."` | `{service}.{method}` | the key its requests are published under |
/// | `queue = ".."` | the service's queue | a queue of its own |
/// | `request = Name` | `{Trait}{Method}Request` | the request's type, where names collide |
/// | `timeout = "5s"` | the client's | how long its callers wait (`ms`, `s`, `m`, `h`) |
/// | `idempotent` | | running it twice is harmless: a call whose outcome is unknown may be retried |
/// | `at_most_once` | | a request that may have run is not run again: its caller gets `maybe_executed` |
/// | `notify` | | a one-way message to one server: its [`Call`] resolves when the broker has confirmed it |
/// | `event` | | a one-way message to all who subscribe: its [`Call`] has a [`topic`](Call::topic) |
/// | `bare` | | the single parameter is the body: `30`, not `{"n":30}`; of the type [`Bytes`], it is sent as it is |
/// | `blocking` | | a plain `fn`, run on a thread where it may block |
/// | `validate_result` | | garde's rules of the value's type are checked before it is sent, and when it is received |
///
/// A result of the type [`Bytes`], alone or in a `Result<Bytes, E>`, is sent as it is as well, whatever the codec: for protobuf, images, or anything else
/// that both sides know how to read. Errors still travel by the codec.
///
/// # On a parameter
///
/// `#[rpc(context)] cx: &Context` is not sent: the method receives the [`Context`] of its call there.
///
/// `#[garde(..)]`, with the feature `garde` and that crate among the dependencies, gives rules for the value: `#[garde(range(max = 90))] n: u64`,
/// `#[garde(dive)] user: User` for a type with rules of its own. The server checks them before the method runs and answers `bad_request`
/// with everything that is wrong ([`Fault::violations`]); clients do so before they send, if they are to ([`ClientBuilder::validate`]).
/// At most a hundred violations are told, each with 256 bytes of path and of message, so that a fault has less than half a MiB, whatever came.
///
/// **garde looks at every element, also of a list that another rule finds too long,** and keeps what is wrong with each until it is done. For lists
/// of strangers set [`Server::max_request_bytes`] to what an honest request has, or refuse them while they are read, by
/// `#[serde(deserialize_with = "..")]` on the parameter, or by a type of your own in place of the `Vec`. A `custom` rule in place of `length` and
/// `inner` stops where it likes.
///
/// ```
/// use amqp_rpc::{Context, rpc_service};
///
/// #[rpc_service(name = "accounts", queue = "accounts.v2")]
/// trait Accounts {
///     /// Opens an account and returns its number.
///     #[rpc(at_most_once, timeout = "30s")]
///     async fn open(&self, #[rpc(context)] cx: &Context, owner: String, #[serde(default)] limit: Option<u32>) -> u64;
///     /// Adds up a year of bookings, which takes the processor a while.
///     #[rpc(blocking, idempotent, queue = "accounts.slow")]
///     fn balance(&self, account: u64, year: u16) -> i64;
/// }
///
/// // What travels for `balance(7, 2026)`:
/// let request = AccountsBalanceRequest { account: 7, year: 2026 };
/// assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"account":7,"year":2026}"#);
/// ```
pub use amqp_rpc_macros::rpc_service;
#[doc(hidden)]
pub use amqp_rpc_runtime::private as __private;
pub use amqp_rpc_runtime::*;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
