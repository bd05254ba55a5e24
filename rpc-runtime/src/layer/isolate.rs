//! Catches the panic of a call and makes it a fault.

use std::{any::Any, future::Future, panic::AssertUnwindSafe};

use futures_util::FutureExt;

use super::{BoxService, RpcService, panic_text::panic_text};
use crate::message::{Fault, FaultCode, IncomingCall, Reply};

/// Runs the call. A panic becomes the fault `panicked`.
///
/// This is not an `async fn`, whose future would hold the call twice: the server has a task of that size for
/// every call.
pub(crate) fn isolated(
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> + Send {
    // Unwind safety: everything that the call owned is dropped. The author of the service keeps shared data
    // sound. Caught twice, because a layer may panic before it returns its future.
    let running = match std::panic::catch_unwind(AssertUnwindSafe(|| service.call(call))) {
        Ok(running) => AssertUnwindSafe(running).catch_unwind().left_future(),
        Err(panic) => std::future::ready(Err(panic)).right_future(),
    };
    running.map(move |outcome| outcome.unwrap_or_else(|panic| Err(panicked(&*panic, exposes_panics))))
}

/// Runs code of a user that is part of a call, and not its method. A panic becomes the fault `panicked`.
pub(crate) fn caught<T>(exposes_panics: bool, run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(run));
    outcome.unwrap_or_else(|panic| Err(panicked(&*panic, exposes_panics)))
}

fn panicked(panic: &(dyn Any + Send), exposes_panics: bool) -> Fault {
    let text = panic_text(panic);
    // The text of a panic is for the operators of the server: it may contain paths or data.
    let message =
        if exposes_panics { format!("the method panicked: {text}") } else { "the method panicked".into() };
    Fault::new(FaultCode::Panicked, message).with_detail(text)
}
