//! The settings of a server, part by part: queues, subscriptions, policies, limits.

mod address_pattern;
mod admission_rules;
mod queue_options;
mod redelivery_policy;
mod reply_policy;
mod service_settings;
mod subscription;
mod time_limits;

pub use queue_options::{Declare, QueueOptions, QueueType};
pub use redelivery_policy::RedeliveryPolicy;
pub use reply_policy::ReplyPolicy;
pub use subscription::Subscription;

pub(crate) use admission_rules::{AdmissionRules, Authorization};
pub(crate) use reply_policy::{code_that_allows, loggable_address};
pub(crate) use service_settings::{ServerLayers, ServiceSettings};
pub(crate) use subscription::{Pattern, Patterns, Subscriber, check_patterns, patterns};
pub(crate) use time_limits::{TimeLimit, TimeLimits};
