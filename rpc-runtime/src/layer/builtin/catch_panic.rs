//! Catches panics and makes them faults.

use std::future::Future;

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService, isolated},
    message::{Fault, IncomingCall, Reply},
};

/// Catches panics of the inner layers and of the method, and makes them the fault `panicked`. The text of the
/// panic is the [detail](Fault::detail) of the fault.
///
/// The server catches panics anyway, outside all layers. With this layer, the outer layers see a fault and
/// are not unwound. Add it last, or where a panic is to end.
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

/// The service of [`CatchPanic`].
#[derive(Clone, Debug)]
pub struct CatchPanicService(BoxService);

impl RpcService for CatchPanicService {
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        isolated(&self.0, call, false)
    }
}
