//! Ready-made layers, for [`Server::layer`](crate::Server::layer) and
//! [`ClientBuilder::layer`](crate::client::ClientBuilder::layer).
//!
//! | layer | side | what it does |
//! |---|---|---|
//! | [`Trace`] | both | a `tracing` span per call, with OpenTelemetry's names; passes the trace on |
//! | `Metrics` (feature `metrics`) | both | measures durations and calls in flight, through the `metrics` facade |
//! | [`Retry`] | client | repeats calls that failed, within a budget; sends a second request where a reply is late |
//! | [`CircuitBreaker`] | client | refuses calls of a queue at once while most of them fail |
//! | [`Authorize`] | server | authorizes calls with an async function |
//! | [`LoadShed`] | server | refuses calls at once while too many run |
//! | [`ConcurrencyLimit`] | server | limits the calls of a method that run at once; others wait |
//! | [`RateLimit`] | server | limits the rate of calls, in all, per method or per caller |
//! | [`Timeout`] | server | cancels methods after a time limit per method |
//! | [`CatchPanic`] | server | makes a panic a fault, before outer layers see it |
//!
//! The order matters: the layer that is added first is the outermost. A good order on a server is `Trace`,
//! `Metrics`, `Authorize`, `RateLimit`, `LoadShed`, `ConcurrencyLimit`, `Timeout`, `CatchPanic`. Then refused
//! calls are traced and measured, and cost the inner layers nothing. On a client, `Trace` and `Metrics` outside
//! of `Retry` see one call, inside of it every attempt.
//!
//! A notification or an event is not lost if a layer refuses it with `overloaded`: the server holds and
//! retries it. See [`Context::has_caller`](crate::Context::has_caller).
//!
//! A layer with limits applies them to all services and queues of its server together. `from_tower` (feature
//! `tower`) adapts layers of the `tower` crate. [`middleware::from_fn`](crate::middleware::from_fn) makes a
//! layer from a function.

mod authorize;
mod catch_panic;
mod circuit_breaker;
mod concurrency_limit;
mod load_shed;
mod max_wait;
#[cfg(feature = "metrics")]
mod metrics;
mod outcome;
mod rate_limit;
mod retry;
pub mod semconv;
mod timeout;
#[cfg(feature = "tower")]
mod tower;
mod trace;
mod window;

pub use authorize::{Authorize, AuthorizeService};
pub use catch_panic::{CatchPanic, CatchPanicService};
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerService};
pub use concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitService};
pub use load_shed::{LoadShed, LoadShedService};
#[cfg(feature = "metrics")]
pub use metrics::{MeasuredClient, MeasuredServer, Metrics};
pub use rate_limit::{RateLimit, RateLimitService};
pub use retry::{Retry, RetryService};
pub use timeout::{Timeout, TimeoutService};
#[cfg(feature = "tower")]
pub use tower::{FromTower, FromTowerService, InnerService, from_tower};
pub use trace::{Trace, TracedClient, TracedServer};
