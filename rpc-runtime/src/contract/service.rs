//! The server's side of a contract: the service that runs the methods.

use std::{future::Future, pin::Pin};

use amqp_rpc_contract::{contract::ServiceDef, description::ServiceDescription};

use super::locked_method::LockedMethod;
use crate::message::{Fault, IncomingCall, Reply};

/// A service that a server can run. The generated `…Server` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an implementation, not a server of it",
    label = "wrap it in the generated server, such as `FibServer::new(..)` for `trait Fib`",
    note = "`#[rpc_service] trait Fib` makes `FibServer`, which a server can run; `FibServer::from_arc` takes a shared value"
)]
pub trait Service: Send + Sync + 'static {
    /// The name and the methods of the service.
    const DEFINITION: &'static ServiceDef;

    /// The definition of this value. It differs from [`DEFINITION`](Self::DEFINITION) only for services that
    /// are defined at run time, such as a [`RawService`](crate::server::RawService).
    fn definition(&self) -> &'static ServiceDef {
        Self::DEFINITION
    }

    /// Describes the service, if its trait asks for it.
    #[doc(hidden)]
    const DESCRIBE: Option<fn() -> ServiceDescription> = None;

    /// How the requests of its methods with a lock are locked. A server does not start a service that leaves out
    /// one of them.
    #[doc(hidden)]
    fn locked_methods(&self) -> Vec<LockedMethod> {
        Vec::new()
    }

    /// Runs the method that `call` names.
    ///
    /// The future owns its data. If it panics, the server replies `panicked` and continues.
    fn dispatch(&self, call: IncomingCall) -> ServeFuture;
}

/// The future of [`Service::dispatch`]: it resolves to the reply, or to a fault in place of the reply.
pub type ServeFuture = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;
