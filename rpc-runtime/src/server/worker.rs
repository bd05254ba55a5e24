//! The consumer of one queue: a task per call, until it is told to stop or the queue ends.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt;
use tokio::{sync::watch, task::JoinSet};

use super::{
    admit::admit,
    delivery::{Abandoned, Unsettled},
    routes::{Route, Routes},
    settle::Settlements,
};
use crate::{
    amqp::{Consumer, DataChannel},
    error::ServeError,
    layer::RpcService,
    message::{Delivered, Fault, FaultCode, IncomingCall, Reply},
    wire::request::Received,
};

/// What holds for every call of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_request_bytes: usize,
    pub(super) max_reply_bytes: usize,
    pub(super) exposes_panics: bool,
}

pub(super) struct Worker {
    pub(super) queue: String,
    pub(super) consumer: Consumer,
    pub(super) channel: DataChannel,
    pub(super) routes: Arc<Routes>,
    pub(super) limits: Limits,
    pub(super) settlements: Settlements,
    pub(super) abandoned: Abandoned,
    /// Becomes true when the server shuts down.
    pub(super) stop: watch::Receiver<bool>,
}

impl Worker {
    /// Serves until told to stop, then what was prefetched, then waits for the calls that run.
    ///
    /// Dropping the future cancels its calls and gives their deliveries back.
    ///
    /// # Errors
    /// When the connection was lost or the broker cancelled the consumer.
    pub(super) async fn run(mut self) -> Result<(), ServeError> {
        let mut calls = JoinSet::new();
        let mut stop = self.stop.clone();
        let mut stopping = false;
        loop {
            tokio::select! {
                delivery = self.consumer.next() => match delivery {
                    Some(Ok(delivered)) => self.serve(delivered, &mut calls),
                    Some(Err(error)) => return Err(ServeError::Disconnected(error)),
                    None if stopping => break,
                    None => return Err(ServeError::Cancelled { queue: self.queue }),
                },
                () = told_to_stop(&mut stop), if !stopping => {
                    stopping = true;
                    self.channel.cancel(self.consumer.tag()).await.map_err(ServeError::Disconnected)?;
                }
            }
            while calls.try_join_next().is_some() {}
        }
        while calls.join_next().await.is_some() {}
        Ok(())
    }

    /// Refuses at once what no method should see; runs the rest beside each other.
    fn serve(&self, delivered: Delivered, calls: &mut JoinSet<()>) {
        let tag = delivered.tag;
        let request = Received::read(delivered);
        let mut unsettled = Unsettled::new(
            tag,
            request.return_address.clone(),
            self.settlements.clone(),
            self.limits.max_reply_bytes,
            Arc::clone(&self.abandoned),
        );
        match admit(request, &self.routes, self.limits.max_request_bytes, Instant::now()) {
            Ok((route, call)) => {
                let Route { method, service } = route.clone();
                let exposes_panics = self.limits.exposes_panics;
                calls.spawn(async move {
                    unsettled.start(method);
                    let outcome = run_isolated(&service, call, exposes_panics).await;
                    unsettled.answer(outcome);
                });
            }
            Err(fault) => {
                tracing::debug!(queue = self.queue, code = %fault.code(), "refused a request");
                unsettled.answer(Err(fault));
            }
        }
    }
}

async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    // An error means that the server was dropped: its tasks, this one included, are being cancelled.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Runs the call; a panic becomes a fault.
async fn run_isolated(
    service: &impl RpcService,
    call: IncomingCall,
    exposes_panics: bool,
) -> Result<Reply, Fault> {
    let method = call.method().full_name;
    // Unwind safety: everything the call owned is dropped; what it shared with others is the service author's to keep sound.
    AssertUnwindSafe(service.call(call)).catch_unwind().await.unwrap_or_else(|panic| {
        let text = panic_text(&*panic);
        tracing::error!(method, panic = text, "the method panicked");
        // Panic texts are made for the server's own people: they may name paths, data, anything.
        let message = if exposes_panics {
            format!("the method panicked: {text}")
        } else {
            "the method panicked".into()
        };
        Err(Fault::new(FaultCode::Panicked, message))
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
