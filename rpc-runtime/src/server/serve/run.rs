//! Runs one call: catches its panics, bounds its time, and passes its deadline on to the calls that it makes.

use std::future::Future;

use futures_util::FutureExt;

use crate::{
    layer::{BoxService, isolated},
    message::{Fault, IncomingCall, Inherited, Reply},
    server::config::TimeLimit,
};

/// Runs the call to its end; a panic becomes a fault.
///
/// Not an `async fn`, here and below: its future would hold the call a second time, and there is a task of
/// that size for every call.
pub(crate) fn run(
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> {
    let inherited = Inherited::from(call.context.deadline(), call.context.headers());
    inherited.scope(isolated(service, call, exposes_panics))
}

/// Does the same until `limit`; then the call is dropped.
pub(crate) fn run_within(
    limit: TimeLimit,
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> {
    // The calls that it makes get no more time either.
    let deadline = call.context.deadline().map_or(limit.at, |deadline| deadline.min(limit.at));
    let inherited = Inherited::from(Some(deadline), call.context.headers());
    let running = inherited.scope(isolated(service, call, exposes_panics));
    tokio::time::timeout_at(limit.at.into(), running)
        .map(move |outcome| outcome.unwrap_or_else(|_| Err(limit.exceeded())))
}
