//! Messages as plain data: headers, properties, deliveries.

mod confirm;
mod delivered;
mod properties;
mod refusal;

pub use amqp_rpc_contract::{HeaderValue, Headers};
pub use confirm::ConfirmOutcome;
pub use delivered::Delivered;
pub use properties::Properties;
pub use refusal::Refusal;
