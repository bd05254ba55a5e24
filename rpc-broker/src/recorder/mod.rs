//! Records the methods between clients and the broker, for tests to read and to assert on.
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Matcher, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! let broker = Broker::start().await?;
//! let recording = broker.record();
//! // … call a service …
//! # if false {
//! recording.until(&Matcher::from_client(Method::BasicAck)).await; // use a timeout in a test
//! recording.frames().assert_in_order(&[
//!     Matcher::to_client(Method::BasicDeliver).routing_key("fib"), // the server receives the request,
//!     Matcher::from_client(Method::BasicPublish).connection("server"), // replies,
//!     Matcher::from_client(Method::BasicAck).connection("server"), // and only then acknowledges
//! ]);
//! # }
//! println!("{}", recording.frames());
//! # Ok(())
//! # }
//! ```

mod frames;
mod recording;

pub use frames::Frames;
pub(crate) use recording::DEFAULT_MAX_METHODS;
pub use recording::Recording;

pub use crate::interception::ObservedMethod;
