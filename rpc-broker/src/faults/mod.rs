//! Faults on demand: what networks, brokers and peers do to a client, done on purpose and at the right moment.
//!
//! # Rules: disturb what travels
//!
//! A [`Rule`] says what happens ([`Action`]) to which methods on the wire ([`Event`]): addressed by connection, user, virtual host,
//! channel, method, queue, exchange, routing key or a function, and counted. It lasts until its guard is dropped.
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Event, Method}};
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! let broker = Broker::start().await?;
//!
//! // The second request to `fib` is lost on its way to the broker.
//! let lost = broker.on(Event::from_client(Method::BasicPublish).routing_key("fib").nth(2), Action::Drop);
//!
//! // Every delivery to the connection called "worker" takes 20 ms longer.
//! let slow = broker.on(Event::to_client(Method::BasicDeliver).connection("worker"), Action::Delay(Duration::from_millis(20)));
//!
//! // Declaring the queue `jobs` closes the channel, once.
//! let refused = Action::CloseChannel(406, "PRECONDITION_FAILED - another version declared it".into());
//! let refused = broker.on(Event::from_client(Method::QueueDeclare).queue("jobs").times(1), refused);
//! # drop((lost, slow, refused));
//! # Ok(())
//! # }
//! ```
//!
//! # Crash points
//!
//! [`Action::BreakAfter`] lets a method take effect and then breaks the connection. This service crashes after its reply has been
//! received and before it acknowledges the request, which is then delivered again:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Event, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let reply = Event::from_client(Method::BasicPublish).connection("service").nth(1);
//! let crash = broker.on(reply, Action::BreakAfter);
//! // … call the service …
//! # if false {
//! crash.hit().await; // the reply is published, the connection gone; give it a timeout in a test
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # Holding a moment
//!
//! [`Action::Stall`] stops one direction of a connection at what fits, until the rule is removed. In between a test does what must
//! happen at that moment, without a clock:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Event, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let stall = broker.on(Event::to_client(Method::BasicDeliver).connection("client"), Action::Stall);
//! # if false {
//! stall.hit().await; // the reply is about to be written: the caller still waits
//! # }
//! // … cancel the call, close the server, …
//! stall.remove(); // now it comes
//! # Ok(())
//! # }
//! ```
//!
//! # New connections
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Action, Event, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! broker.refuse_connections(2); // the next two are reset,
//! broker.accept_then_silence(1); // the one after that hears nothing,
//! // and the first one that gets through is told to go while it logs in.
//! let closed = Action::CloseConnection(320, "CONNECTION_FORCED - node is in maintenance".into());
//! let maintenance = broker.on(Event::from_client(Method::ConnectionOpen).times(1), closed);
//! # drop(maintenance);
//! # Ok(())
//! # }
//! ```
//!
//! # Connections, queues, consumers and confirms
//!
//! A [`Vhost`](crate::Vhost) has what concerns its state, a [`Connection`] what concerns one client, now:
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Direction, Release}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! # let broker = Broker::start().await?;
//! let vhost = broker.vhost("/").expect("every broker has it");
//! vhost.redeliver("jobs").await; // what is not acknowledged is delivered once more
//! vhost.cancel_consumers("jobs").await;
//! vhost.expire_now("jobs").await;
//! vhost.delete_queue("jobs").await;
//!
//! let withheld = vhost.withhold_confirms().await;
//! // … publish …
//! withheld.release(Release::Reversed).await;
//!
//! if let Some(worker) = vhost.connection("worker").await {
//!     let deaf = worker.stall(Direction::FromClient); // as if its cable were half cut
//!     drop(deaf);
//!     worker.reset();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Broker`](crate::Broker) itself can [`block`](crate::Broker::block) publishers, [`restart`](crate::Broker::restart) keeping what is
//! durable, and [`crash`](crate::Broker::crash).
//!
//! # At random
//!
//! Events and actions are plain data (`Clone`, `Debug`, `PartialEq`) and [`Method::ALL`] lists the methods, so that a property test can
//! generate a `Vec<(Event, Action)>` and check what must hold under any of them.
//!
//! # What it costs
//!
//! Without rules and recordings, one atomic load for each batch of frames. Everything is deterministic: nothing but
//! [`Action::Delay`] looks at a clock.

mod action;
mod decree;
mod event;
mod method;
mod registry;
mod rule;
mod tap;

pub use action::Action;
pub use event::{Direction, Event};
pub use method::Method;
pub use rule::Rule;

pub use crate::{
    broker::{Connection, WithheldConfirms},
    vhost::Release,
};

pub(crate) use decree::Decree;
pub(crate) use registry::{Faults, Greeting};
pub(crate) use tap::{Passenger, Step, Tap};
