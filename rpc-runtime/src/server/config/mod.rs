//! The settings of a server, part by part: queues, subscriptions, policies, limits.

mod address_pattern;
mod admission_rules;
mod pattern;
mod queue_options;
mod redelivery_policy;
mod reply_policy;
mod service_options;
mod service_settings;
mod subscription;
mod time_limits;

pub use queue_options::{Declare, QueueOptions, QueueType};
pub use redelivery_policy::RedeliveryPolicy;
pub use reply_policy::ReplyPolicy;
pub use service_options::ServiceOptions;
pub use subscription::Subscription;

pub(crate) use admission_rules::{AdmissionRules, Authorization};
pub(crate) use pattern::{Pattern, Patterns, check_patterns, check_unbound, patterns};
pub(crate) use queue_options::SINGLE_ACTIVE_CONSUMER;
pub(crate) use reply_policy::{code_that_allows, loggable_address};
pub(crate) use service_settings::{ServerLayers, ServiceSettings};
pub(crate) use subscription::Subscriber;
pub(crate) use time_limits::{TimeLimit, TimeLimits};
