//! Messages as plain data: headers, properties, deliveries.

mod confirm;
mod delivered;
mod headers;
mod properties;
mod refusal;

pub use confirm::ConfirmOutcome;
pub use delivered::Delivered;
pub use headers::{HeaderValue, Headers};
pub use properties::Properties;
pub use refusal::Refusal;
