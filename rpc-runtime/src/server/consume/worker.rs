//! The consumer of one queue: a task per call, until it is told to stop or the channel is lost.

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::{BrokerError, Delivered, Refusal};
use tokio::sync::watch;

use super::queue_consumer::QueueConsumer;
use crate::{
    message::{Fault, FaultCode},
    server::{
        config::shown,
        reply::{InFlightCalls, ReplySinks, Unsettled},
        serve::{CallTasks, may_be_retried, retry_while_overloaded, run, run_within},
        services::{Route, ServiceId},
        settings::{QueuePlan, Settings},
    },
    wire::request::Received,
};

/// What a server tells its workers, each going further than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Serve,
    /// Take nothing new, finish what was delivered.
    Drain,
    /// Cancel what runs, start nothing more, give everything back.
    Abort,
}

/// Why channel or connection were lost, for all who ask.
#[derive(Clone, Debug)]
pub(crate) struct LinkFailure(pub(crate) watch::Sender<Option<BrokerError>>);

impl LinkFailure {
    /// The first error is the cause; what follows from it is not reported.
    pub(crate) fn report(&self, error: BrokerError) {
        self.0.send_if_modified(|lost| lost.is_none() && lost.replace(error).is_none());
    }
}

/// What a worker is told of, at any time.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) mode: Mode,
    /// Its queue, as it is served now.
    pub(crate) queue: Arc<QueuePlan>,
    /// Whose calls it is to cancel: they were removed, and did not finish in time.
    pub(crate) given_up: Vec<ServiceId>,
}

pub(crate) struct Worker {
    pub(crate) consumer: QueueConsumer,
    pub(crate) settings: Arc<Settings>,
    pub(crate) sinks: Arc<ReplySinks>,
    pub(crate) in_flight: InFlightCalls,
    pub(crate) told: watch::Receiver<Control>,
    pub(crate) loss: LinkFailure,
    pub(crate) calls: CallTasks,
}

impl Worker {
    /// Serves until told to drain, then what was prefetched, then waits for the calls that run.
    ///
    /// When the broker ends the consumer, calls go on and another consumer is made. Its prefetch window is a new one, though the calls of
    /// the old one still run: what is too much then waits here. When the channel is lost they are cancelled, like when the future is
    /// dropped: the broker delivers their requests again.
    pub(crate) async fn run(mut self) {
        let mut mode = Mode::Serve;
        let concurrency = usize::from(self.consumer.queue.concurrency);
        let mut too_much = None;
        let mut has_news = false;
        loop {
            tokio::select! {
                biased;
                delivery = next(&mut self.consumer, too_much.is_some()), if !has_news => match delivery {
                    Some(Ok(delivered)) => {
                        // News are not waited for at every delivery; a queue that never runs dry must not hide them. What is bound at
                        // run time is in the news before anything of it can come.
                        has_news = self.told.has_changed().unwrap_or(false);
                        if has_news {
                            self.consumer.queue = Arc::clone(&self.told.borrow().queue);
                        }
                        if self.calls.len() >= concurrency {
                            too_much = Some(delivered);
                        } else {
                            self.serve(delivered, mode);
                        }
                    }
                    Some(Err(lost)) => return self.loss.report(lost),
                    None if mode == Mode::Serve => {
                        let mut told = self.told.clone();
                        if let Err(lost) = self.consumer.renew(&mut told).await {
                            return self.loss.report(lost);
                        }
                        // An order may have ended it, and is heard first: without a consumer there is at once nothing to read, for ever.
                        has_news = self.told.has_changed().unwrap_or(false);
                    }
                    None => break,
                },
                () = news(&mut self.told) => {
                    has_news = false;
                    let next = self.read_news(mode);
                    if mode == Mode::Serve
                        && next > Mode::Serve
                        && let Err(lost) = self.consumer.cancel().await
                    {
                        return self.loss.report(lost);
                    }
                    mode = next;
                }
                _ = self.calls.join_next(), if too_much.is_some() => {}
            }
            while self.calls.try_join_next().is_some() {}
            if self.calls.len() < concurrency
                && let Some(delivered) = too_much.take()
            {
                self.serve(delivered, mode);
            }
        }
        loop {
            tokio::select! {
                ended = self.calls.join_next() => if ended.is_none() { return },
                lost = self.consumer.until_lost() => return self.loss.report(lost),
                () = news(&mut self.told) => mode = self.read_news(mode),
            }
        }
    }

    /// Takes over what it was told, and returns the order that is in force now.
    fn read_news(&mut self, mode: Mode) -> Mode {
        let Control { mode: next, queue, given_up } = self.told.borrow_and_update().clone();
        self.consumer.queue = queue;
        for member in given_up {
            self.calls.abort_those_of(member);
        }
        if next == Mode::Abort && mode < next {
            self.calls.abort_all();
        }
        next
    }

    /// Refuses at once what no method should see; runs the rest beside each other.
    fn serve(&mut self, delivered: Delivered, mode: Mode) {
        let (settings, queue) = (&*self.settings, &self.consumer.queue);
        let tag = delivered.tag;
        let is_hostile = delivered.refusal.is_some_and(Refusal::is_hostile);
        if is_hostile {
            settings.counters.hostile_requests.add_one();
        }
        let mut request = Received::read(delivered, &settings.conditions.codecs);
        if queue.kind.is_of_events() {
            // An event has many receivers: if one of them answered, all would.
            request.return_address.reply_to = None;
        }
        if let Some(compression) = settings.conditions.compression {
            request.compress_reply(compression);
        }
        let received_at = Instant::now();
        let mut unsettled =
            Unsettled::of(tag, &mut request, is_hostile, received_at, queue, Arc::clone(&self.sinks));
        if let Some(foreign) = unsettled.foreign_address(&settings.conditions.reply_policy) {
            settings.counters.foreign_reply_addresses.add_one();
            let address = shown(foreign);
            tracing::warn!(queue = queue.name, address, "refused a request that is to be answered elsewhere");
            return unsettled.reject();
        }
        if let Some(full) = &queue.overflow_of {
            let message = format!("queue `{full}` is full");
            return unsettled.refuse(&queue.name, Fault::new(FaultCode::Overloaded, message).into());
        }
        match settings.conditions.admit(request, &queue.routes, received_at) {
            Ok((route, call)) => {
                let Route { method, service, member } = route.clone();
                let exposes_panics = settings.exposes_panics;
                let runs_once = settings.conditions.redelivered.refuses(method.repetition);
                unsettled.admit(method, self.in_flight.enter(route, runs_once), runs_once);
                if mode == Mode::Abort {
                    // Never started: dropping it says so.
                    return;
                }
                if may_be_retried(&call, settings) {
                    let (settings, told) = (Arc::clone(&self.settings), self.told.clone());
                    let running =
                        retry_while_overloaded(unsettled, service, call, received_at, settings, told);
                    return self.calls.spawn(member, running);
                }
                let limit = settings.patience.limit(&call, received_at);
                if let Some(encoding) = call.encoding {
                    let max_bytes = settings.conditions.max_request_bytes;
                    self.calls.spawn(member, async move {
                        unsettled.start();
                        // Not where all requests of the queue pass: it takes its time.
                        let outcome = match call.inflated(encoding, max_bytes) {
                            Ok(call) => match limit {
                                None => run(&service, call, exposes_panics).await,
                                Some(limit) => run_within(limit, &service, call, exposes_panics).await,
                            },
                            Err(fault) => Err(fault),
                        };
                        unsettled.answer(outcome);
                    });
                    return;
                }
                match limit {
                    None => self.calls.spawn(member, async move {
                        unsettled.start();
                        let outcome = run(&service, call, exposes_panics).await;
                        unsettled.answer(outcome);
                    }),
                    Some(limit) => self.calls.spawn(member, async move {
                        unsettled.start();
                        let outcome = run_within(limit, &service, call, exposes_panics).await;
                        unsettled.answer(outcome);
                    }),
                };
            }
            Err(refused) => unsettled.refuse(&queue.name, refused),
        }
    }
}

/// The next delivery; when there is one too much already, only that the connection is lost.
async fn next(consumer: &mut QueueConsumer, has_too_much: bool) -> Option<Result<Delivered, BrokerError>> {
    if has_too_much { Some(Err(consumer.until_lost().await)) } else { consumer.next().await }
}

/// Resolves when there is something new to read.
async fn news(told: &mut watch::Receiver<Control>) {
    if told.changed().await.is_err() {
        // The server was dropped: its tasks, this one included, are being cancelled.
        std::future::pending::<()>().await;
    }
}

/// Waits for an order that goes further than `order`.
pub(crate) async fn next_mode(told: &mut watch::Receiver<Control>, mode: Mode) -> Mode {
    let next = told.wait_for(|told| told.mode > mode).await.map(|told| told.mode);
    match next {
        Ok(next) => next,
        // The server was dropped: its tasks, this one included, are being cancelled.
        Err(_) => std::future::pending().await,
    }
}
