//! A request that nobody waits for: where it is refused for the moment, it is held and tried again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::run::{run, run_within};
use crate::{
    contract::MethodDef,
    layer::BoxService,
    message::{Fault, FaultCode, IncomingCall},
    server::{
        consume::{Control, Mode, next_mode},
        reply::Unsettled,
        settings::Settings,
    },
};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whether the request may have to be tried more than once: it is then kept beside its call. Where there is no layer, only a raw method can
/// be overloaded.
pub(crate) fn may_be_retried(call: &IncomingCall, settings: &Settings) -> bool {
    !call.context.has_caller && (!settings.layers.0.is_empty() || call.context.method.reads_anything)
}

/// Runs the call, as often as it takes for it not to be `overloaded`. A caller would be told; a message whose sender has gone waits.
///
/// It waits here and not in its queue. The broker would deliver it again at once, and marked: as if it might have run, which a method that
/// runs at most once is not run for. Only a server that stops gives it back, at once; what runs at most once still has the time that the
/// shutdown has.
pub(crate) async fn retry_while_overloaded(
    mut unsettled: Unsettled,
    service: BoxService,
    mut call: IncomingCall,
    received_at: Instant,
    settings: Arc<Settings>,
    mut told: watch::Receiver<Control>,
) {
    let (method, runs_once) = (call.context.method, unsettled.runs_once());
    let mut pause = FIRST_PAUSE;
    // What it waits here is not taken from the method's time.
    let mut begun_at = received_at;
    if let Some(encoding) = call.encoding {
        unsettled.start();
        call = match call.inflated(encoding, settings.conditions.max_request_bytes) {
            Ok(call) => call,
            Err(fault) => return unsettled.answer(Err(fault)),
        };
    }
    loop {
        unsettled.start();
        let outcome = match settings.patience.limit(&call, begun_at) {
            None => run(&service, call.again(), settings.exposes_panics).await,
            Some(limit) => run_within(limit, &service, call.again(), settings.exposes_panics).await,
        };
        let is_late = call.context.deadline.is_some_and(|deadline| deadline <= Instant::now());
        let Err(refusal) = &outcome else { return unsettled.answer(outcome) };
        if *refusal.code() != FaultCode::Overloaded || is_late {
            return unsettled.answer(outcome);
        }
        if pause == FIRST_PAUSE {
            note(method, refusal);
        }
        drop(outcome);
        unsettled.did_not_run();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Dropped, it is given back.
            _ = next_mode(&mut told, Mode::Serve), if !runs_once => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        begun_at = Instant::now();
    }
}

fn note(method: &MethodDef, refusal: &Fault) {
    tracing::debug!(
        method = method.full_name,
        reason = refusal.message(),
        "refused for the moment; nobody waits for it, and it is tried again"
    );
}
