//! Panics become faults.

use std::future::Future;

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService, isolated},
    message::{Fault, IncomingCall, Reply},
};

/// Makes panics of what is behind it the fault `panicked`, with the text as its [detail](Fault::detail).
///
/// The server does the same around everything. As a layer it lets the layers before it see a fault, and come to their own ends, in place of being
/// unwound: put it last, or wherever a panic should end.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CatchPanic;

impl CatchPanic {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Layer<BoxService> for CatchPanic {
    type Service = CatchPanicService;

    fn layer(&self, next: BoxService) -> CatchPanicService {
        CatchPanicService(next)
    }
}

/// The service made by [`CatchPanic`].
#[derive(Clone, Debug)]
pub struct CatchPanicService(BoxService);

impl RpcService for CatchPanicService {
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        isolated(&self.0, call, false)
    }
}
