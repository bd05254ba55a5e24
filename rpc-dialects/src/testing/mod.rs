//! Tests of a dialect without a broker and without a peer: captured messages run through both directions.
//!
//! A [`Fixture`] is a JSON document with the messages of one peer. [`Fixture::check`] shows that a dialect reads the peer's
//! requests and replies as they were captured, and that each of its sides reads what the other writes. [`check_hostile`]
//! shows that its server survives what no peer sends, and [`check_malformed_replies`] that its client does.
//!
//! ```
//! # extern crate amqp_rpc_dialects as dialects;
//! use dialects::{Nameko, testing::Fixture};
//!
//! let fixture = Fixture::parse(r#"{
//!     "peer": "nameko 3.0.0rc11",
//!     "service": "math",
//!     "methods": {"compute": {"named": ["n"]}},
//!     "cases": [{
//!         "name": "a value",
//!         "method": "compute", "arguments": {"n": 30}, "value": 832040,
//!         "request": {
//!             "exchange": "nameko-rpc", "routing_key": "math.compute",
//!             "properties": {
//!                 "content_type": "application/json", "correlation_id": "1",
//!                 "reply_to": "0d3ba93c-9a2b-4ad3-bb4f-1a5f5a7c7a39"
//!             },
//!             "body": {"args": [30], "kwargs": {}}
//!         },
//!         "replies": [{
//!             "exchange": "nameko-rpc", "routing_key": "0d3ba93c-9a2b-4ad3-bb4f-1a5f5a7c7a39",
//!             "properties": {"content_type": "application/json", "correlation_id": "1"},
//!             "body": {"result": 832040, "error": null}
//!         }]
//!     }]
//! }"#)?;
//! fixture.check(Some(&Nameko::new()), Some(&Nameko::new()))?;
//! # Ok::<(), String>(())
//! ```

mod bodies;
mod check;
mod fixture;
mod frame;
mod hostile;

pub use fixture::Fixture;
pub use hostile::{check_hostile, check_malformed_replies};
