//! Asking servers what they serve: which instances there are, what their services have, and how often their methods
//! were called. No contract is needed: command lines and dashboards are made of it.
//!
//! [`Client::reflection`](crate::Client::reflection) begins. Servers answer unless they are
//! [told not to](crate::Server::reflection); docs/reflection.md has the methods, the wire and the permissions.
//!
//! ```no_run
//! # extern crate amqp_rpc_runtime as amqp_rpc;
//! # async fn run(client: amqp_rpc::Client) -> Result<(), Box<dyn std::error::Error>> {
//! for instance in client.reflection().instances().await? {
//!     for service in &instance.services {
//!         println!("{} of {} is {:?} away", service.name, instance.id, instance.round_trip);
//!     }
//! }
//! let fib = client.reflection().describe("fib").await?;
//! println!("fib has {} methods", fib.methods.len());
//! # Ok(()) }
//! ```

pub use crate::client::reflection::{Instance, InstanceStats, MethodStats, Reflection, ServedService};
