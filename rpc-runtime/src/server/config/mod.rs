//! What a server is set to: queues, subscriptions and policies.

mod queue_options;
mod redelivery_policy;
mod reply_policy;
mod subscription;

pub use queue_options::{Declare, QueueOptions, QueueType};
pub use redelivery_policy::RedeliveryPolicy;
pub use reply_policy::ReplyPolicy;
pub(crate) use reply_policy::shown;
pub use subscription::Subscription;
pub(crate) use subscription::{Pattern, Patterns, Subscriber, check, patterns};
