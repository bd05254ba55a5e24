//! Retries a message without a caller while it is refused as `overloaded`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::run::{run, run_within};
use crate::{
    contract::{MethodDef, Repetition},
    layer::BoxService,
    message::{Fault, FaultCode, IncomingCall, Reply},
    server::{
        control::{Control, until_draining},
        reply::Unsettled,
        settings::Settings,
    },
};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whether the message may have to be tried more than once. It is then kept beside its call. Without layers,
/// only a raw method can reply `overloaded`, and a deduplicated one whose store is down.
pub(super) fn may_be_retried(call: &IncomingCall, settings: &Settings) -> bool {
    let has_layers = !settings.services.layers.is_empty();
    let method = call.context.method();
    let may_be_overloaded = method.reads_anything || method.repetition == Repetition::Deduplicated;
    !call.context.has_caller() && (has_layers || may_be_overloaded)
}

/// Runs the call until it is not `overloaded`, and returns how to end it. A caller could try again itself; a message without a caller is
/// held.
///
/// It is held here and not in its queue. The broker would deliver it again at once, marked as redelivered: as
/// if it might have run, so a method that runs at most once would not run for it. Only a server that stops
/// requeues it, at once; a message for a method that runs at most once has the time of the shutdown first.
pub(super) async fn retry_while_overloaded(
    mut unsettled: Unsettled,
    service: BoxService,
    mut call: IncomingCall,
    mut begun_at: Instant,
    settings: Arc<Settings>,
    mut control_rx: watch::Receiver<Control>,
) -> Option<(Unsettled, Result<Reply, Fault>)> {
    let (method, runs_once) = (call.context.method(), unsettled.runs_once());
    let mut pause = FIRST_PAUSE;
    if let Some(encoding) = call.encoding {
        call = match call.inflated(encoding, settings.admission.max_request_bytes) {
            Ok(call) => call,
            Err(fault) => return Some((unsettled, Err(fault))),
        };
    }
    loop {
        let held = settings.large_bodies.hold(call.body.len()).await;
        unsettled.start();
        let outcome = match settings.time_limits.limit(&call, begun_at) {
            None => run(&service, call.again(), settings.exposes_panics).await,
            Some(limit) => run_within(limit, &service, call.again(), settings.exposes_panics).await,
        };
        drop(held);
        let is_late = call.context.deadline().is_some_and(|deadline| deadline <= Instant::now());
        let Err(refusal) = &outcome else { return Some((unsettled, outcome)) };
        if *refusal.code() != FaultCode::Overloaded || is_late {
            return Some((unsettled, outcome));
        }
        if pause == FIRST_PAUSE {
            log_first(method, refusal);
        }
        drop(outcome);
        unsettled.did_not_run();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Dropping the delivery requeues it.
            () = until_draining(&mut control_rx), if !runs_once => return None,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        // The pauses do not count as time of the method.
        begun_at = Instant::now();
    }
}

fn log_first(method: &MethodDef, refusal: &Fault) {
    tracing::debug!(
        method = method.full_name,
        reason = refusal.message(),
        "a one-way message was refused as overloaded; it is tried again"
    );
}
