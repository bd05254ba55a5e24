//! The services and subscriptions of a server: their routes, their queues, and changes of them.

mod active_subscription;
mod added;
mod change;
mod change_request;
mod dialect_service;
mod event_receiver;
mod named_methods;
mod queue_plan;
mod registration;
mod removed_service;
pub(super) mod routes;
mod served_dialect;
mod service_filter;
mod service_set;

pub use active_subscription::ActiveSubscription;

pub(crate) use added::{Added, Unaccepted};
pub(crate) use change::{Change, Rebinding};
pub(crate) use change_request::{ChangeReply, ChangeRequest};
pub(crate) use event_receiver::SubscriptionInfo;
pub(crate) use queue_plan::{QueueKind, QueuePlan};
pub(crate) use registration::{Registration, Role, ServiceId};
pub(crate) use routes::{Route, Routes};
pub(crate) use served_dialect::ServedDialect;
pub(crate) use service_filter::ServiceFilter;
pub(crate) use service_set::{ServiceSet, ServiceSummary};
