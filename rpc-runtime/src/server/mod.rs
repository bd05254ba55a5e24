//! The serving side: from a delivery to its settled reply.

mod acks;
mod active_subscription;
mod admit;
mod builder;
mod calls;
mod change;
mod composition;
mod delivery;
mod direct;
mod dispatch;
mod epoch;
mod event_topology;
mod failure;
mod failure_log;
mod intake;
mod plan;
mod queue;
mod redelivered;
mod removed;
mod reply_policy;
mod roster;
mod routes;
mod run;
mod running;
mod settle;
mod shutdown;
mod staff;
mod stats;
mod subscribed;
mod subscription;

mod subset;
mod supervisor;
mod topology;
mod worker;

pub use active_subscription::ActiveSubscription;
pub use builder::Server;
pub use dispatch::{serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method};
pub use failure::Failure;
pub use queue::{Declare, QueueOptions, QueueType};
pub use redelivered::Redelivered;
pub use reply_policy::ReplyPolicy;
pub use running::RunningServer;
pub use shutdown::{AbandonedCall, ShutdownReport};
pub use stats::ServerStats;
pub use subscription::Subscription;
