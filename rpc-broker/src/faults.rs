//! Injects faults: what networks, brokers and peers can do to a client, on purpose and at a chosen moment.
//!
//! # Rules
//!
//! A [`Rule`] applies an [`Action`] to the methods on the wire that a [`Matcher`] matches: by connection,
//! user, virtual host, channel, method, queue, exchange, routing key or a function, and by count. It stays
//! active until its guard is dropped.
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Matcher, Method}};
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! let broker = Broker::start().await?;
//!
//! // The second request to `fib` is lost before it reaches the broker.
//! let lost = broker.on(Matcher::from_client(Method::BasicPublish).routing_key("fib").nth(2), Action::Drop);
//!
//! // Every delivery to the connection called "worker" takes 20 ms longer.
//! let deliveries = Matcher::to_client(Method::BasicDeliver).connection("worker");
//! let slow = broker.on(deliveries, Action::Delay(Duration::from_millis(20)));
//!
//! // Declaring the queue `jobs` closes the channel, once.
//! let refused = Action::CloseChannel(406, "PRECONDITION_FAILED - another version declared it".into());
//! let refused = broker.on(Matcher::from_client(Method::QueueDeclare).queue("jobs").times(1), refused);
//! # drop((lost, slow, refused));
//! # Ok(())
//! # }
//! ```
//!
//! # Crash points
//!
//! [`Action::BreakAfter`] lets a method take effect and then breaks the connection. This service crashes
//! after the broker has received its reply and before it acknowledges the request, which is then delivered
//! again:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Matcher, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let reply = Matcher::from_client(Method::BasicPublish).connection("service").nth(1);
//! let crash = broker.on(reply, Action::BreakAfter);
//! // … call the service …
//! # if false {
//! crash.hit().await; // the reply is published, the connection is broken; use a timeout in a test
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # Stalls
//!
//! [`Action::Stall`] stops one direction of a connection at a matching method, until the rule is removed.
//! Meanwhile a test does what must happen at that moment, without a clock:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Matcher, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let stall = broker.on(Matcher::to_client(Method::BasicDeliver).connection("client"), Action::Stall);
//! # if false {
//! stall.hit().await; // the reply is about to be written: the caller still waits
//! # }
//! // … cancel the call, close the server, …
//! stall.remove(); // now the reply arrives
//! # Ok(())
//! # }
//! ```
//!
//! # New connections
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Matcher, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! broker.refuse_connections(2); // the next two connections are reset,
//! broker.ignore_connections(1); // the one after that gets no response,
//! // and the first one after that is closed during its handshake.
//! let closed = Action::CloseConnection(320, "CONNECTION_FORCED - node is in maintenance".into());
//! let maintenance = broker.on(Matcher::from_client(Method::ConnectionOpen).times(1), closed);
//! # drop(maintenance);
//! # Ok(())
//! # }
//! ```
//!
//! # Connections, queues, consumers and confirms
//!
//! A [`Vhost`](crate::Vhost) has methods that change its state, a [`Connection`] has methods that disturb one
//! client:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Direction, ReleaseOrder}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let vhost = broker.vhost("/").expect("every broker has it");
//! vhost.redeliver("jobs").await; // what is not acknowledged is delivered once more
//! vhost.cancel_consumers("jobs").await;
//! vhost.expire_now("jobs").await;
//! vhost.delete_queue("jobs").await;
//!
//! let held = vhost.hold_confirms().await;
//! // … publish …
//! held.release(ReleaseOrder::Reversed).await;
//!
//! if let Some(worker) = vhost.connection("worker").await {
//!     let stall = worker.stall(Direction::FromClient); // a network that loses one direction
//!     drop(stall);
//!     worker.reset();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Broker`](crate::Broker) itself can [`block`](crate::Broker::block) publishers,
//! [`restart`](crate::Broker::restart) keeping what is durable, and [`crash`](crate::Broker::crash).
//!
//! # Property tests
//!
//! Matchers and actions are plain data (`Clone`, `Debug`, `PartialEq`), and [`Method::ALL`] lists the
//! methods. So a property test can generate a `Vec<(Matcher, Action)>` and check what must hold under all of
//! them.
//!
//! # Cost
//!
//! Without rules and recordings, one atomic load for each batch of frames. Everything is deterministic: only
//! [`Action::Delay`] uses a clock.

pub use crate::{
    broker::{ConfirmHold, Connection},
    interception::{Action, Direction, Matcher, Method, Rule},
    vhost::ReleaseOrder,
};
