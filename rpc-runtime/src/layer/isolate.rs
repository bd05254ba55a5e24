//! Keeps a panic of one call from ending others.

use std::{any::Any, future::Future, panic::AssertUnwindSafe};

use futures_util::FutureExt;

use super::{BoxService, RpcService};
use crate::message::{Fault, FaultCode, IncomingCall, Reply};

/// Runs the call; a panic becomes a fault.
///
/// No `async fn`: its future would hold the call a second time, and the server has a task of that size for every call.
pub(crate) fn isolated(
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> + Send {
    // Unwind safety: everything the call owned is dropped; what it shared with others is the service author's to keep sound.
    // Twice, because a layer may panic before it returns its future.
    let running = match std::panic::catch_unwind(AssertUnwindSafe(|| service.call(call))) {
        Ok(running) => AssertUnwindSafe(running).catch_unwind().left_future(),
        Err(panic) => std::future::ready(Err(panic)).right_future(),
    };
    running.map(move |outcome| outcome.unwrap_or_else(|panic| Err(panicked(&*panic, exposes_panics))))
}

fn panicked(panic: &(dyn Any + Send), exposes_panics: bool) -> Fault {
    let text = panic_text(panic);
    // Panic texts are made for the server's own people: they may name paths, data, anything.
    let message =
        if exposes_panics { format!("the method panicked: {text}") } else { "the method panicked".into() };
    Fault::new(FaultCode::Panicked, message).with_detail(text)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
