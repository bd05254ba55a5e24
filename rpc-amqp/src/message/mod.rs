//! Messages as plain data: headers, properties, deliveries.

mod headers;
mod properties;
mod refusal;

pub use headers::{HeaderValue, Headers};
pub use properties::{Delivered, Properties};
pub use refusal::Refusal;
