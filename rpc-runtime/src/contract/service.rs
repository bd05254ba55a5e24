//! The server's side of a contract: the service that runs the methods.

use std::{future::Future, pin::Pin};

use crate::{
    definitions::ServiceDef,
    message::{Fault, IncomingCall, Reply},
};

/// Implemented by the generated `…Server`: what is served, and how a call finds its method.
pub trait Service: Send + Sync + 'static {
    /// Name and methods of the service.
    const DEFINITION: &'static ServiceDef;

    /// The definition of this value; another one than [`DEFINITION`](Self::DEFINITION) only of services that are made while the program
    /// runs, such as a [`RawService`](crate::RawService).
    fn definition(&self) -> &'static ServiceDef {
        Self::DEFINITION
    }

    /// Runs the method that `call` names.
    ///
    /// The future owns all it needs. It may panic: the server answers `panicked` and goes on.
    fn dispatch(&self, call: IncomingCall) -> ServeFuture;
}

/// What [`Service::dispatch`] returns: the reply, or the fault that takes its place.
pub type ServeFuture = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;
