//! Ready-made layers, for [`Server::layer`](crate::Server::layer) and [`ClientBuilder::layer`](crate::ClientBuilder::layer).
//!
//! | layer | side | does |
//! |---|---|---|
//! | [`Trace`] | both | a `tracing` span per call, with OpenTelemetry's names; the trace goes on from call to call |
//! | `Metrics` (feature `metrics`) | both | durations and calls in flight, through the `metrics` facade |
//! | [`Authorize`] | server | asks who may call, and may take its time |
//! | [`LoadShed`] | server | refuses calls at once that are more than it can do |
//! | [`ConcurrencyLimit`] | server | lets calls wait for those that run, per method |
//! | [`RateLimit`] | server | refuses calls that come too fast, in all, per method or per caller |
//! | [`Timeout`] | server | cancels methods that run too long, each by its own limit |
//! | [`CatchPanic`] | server | makes panics faults before outer layers see them |
//!
//! Their order matters: the first that is added sees a call first. A good one is `Trace`, `Metrics`, `Authorize`, `RateLimit`, `LoadShed`,
//! `ConcurrencyLimit`, `Timeout`, `CatchPanic`: what is refused is seen by those that count, and costs those behind nothing.
//!
//! A notification or an event is not lost where a layer answers `overloaded`: nobody would hear of it, so that the server holds it and tries it
//! again until it is let pass ([`Context::has_caller`](crate::Context::has_caller)).
//!
//! A layer that has limits keeps them for all services and queues of the server that it is added to. Layers of the `tower` crate are adapted by
//! the feature `tower`; one's own are made by [`middleware::from_fn`](crate::middleware::from_fn).

mod authorize;
mod catch_panic;
mod concurrency_limit;
mod load_shed;
mod max_wait;
#[cfg(feature = "metrics")]
mod metrics;
mod outcome;
mod rate_limit;
pub mod semconv;
mod timeout;
#[cfg(feature = "tower")]
mod tower;
mod trace;

pub use authorize::{Authorize, AuthorizeService};
pub use catch_panic::{CatchPanic, CatchPanicService};
pub use concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitService};
pub use load_shed::{LoadShed, LoadShedService};
#[cfg(feature = "metrics")]
pub use metrics::{MeasuredClient, MeasuredServer, Metrics};
pub use rate_limit::{RateLimit, RateLimitService};
pub use timeout::{Timeout, TimeoutService};
#[cfg(feature = "tower")]
pub use tower::{FromTower, FromTowerService, InnerService, from_tower};
pub use trace::{Trace, TracedClient, TracedServer};
