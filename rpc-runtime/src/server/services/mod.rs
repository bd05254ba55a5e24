//! What a server serves: services, their routes and queues, and changing them.

mod active_subscription;
mod change_request;
mod filter;
mod removed_service;
pub(super) mod routes;
mod service_set;
mod subscribed;

pub use active_subscription::ActiveSubscription;
pub(crate) use active_subscription::{SubscriptionInfo, ask};
pub(crate) use change_request::{ChangeRequest, Done};
pub(crate) use filter::ServiceFilter;
pub(crate) use routes::{Route, Routes, called};
pub(crate) use service_set::{Change, Registration, Role, ServiceId, ServiceSet, ServiceSummary};
pub(crate) use subscribed::EventReceiver;
