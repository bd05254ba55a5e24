//! Servers: the services and subscriptions that they serve, and their options.

// `builder` starts a server, `handle` watches, changes and stops it, and `session` keeps it connected. A call
// passes `consume` → `serve` → `reply`, and `log` when it fails. `services` holds what is served, `topology`
// declares what that needs on the broker, `config` holds the options of both, and `begun` knows what must not
// run again.

mod begun;
mod builder;
mod config;
mod consume;
mod control;
mod handle;
mod large_bodies;
mod link_failure;
mod log;
mod outliving_calls;
mod parking;
mod reflection;
mod reply;
mod serve;
mod services;
mod session;
mod settings;
mod shutdown_report;
mod stats;
mod topology;

pub use crate::lock::Locks;
pub use builder::Server;
pub use config::{
    Declare, QueueOptions, QueueType, RedeliveryPolicy, ReplyPolicy, ServiceOptions, Subscription,
};
pub use handle::RunningServer;
pub use log::FailedCall;
pub use serve::{EventHandler, EventHandlers, EventOutcome, RawMethod, RawService};
pub use services::ActiveSubscription;
pub use shutdown_report::{AbandonedCall, ShutdownReport};
pub use stats::ServerStats;

/// The parts that generated code uses.
pub(crate) mod generated {
    pub use super::serve::{
        locked, locked_whole, serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method,
    };
}
