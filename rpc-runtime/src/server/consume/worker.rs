//! The consumer loop of one queue: hands deliveries to the request pipeline until it is told to drain, or the
//! channel is lost.

use std::{collections::VecDeque, pin::pin, sync::Arc};

use amqp_rpc_transport::{BrokerError, Delivered};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use super::{queue_consumer::QueueConsumer, worker_handle::WorkerHandle};
use crate::server::{
    control::{Control, Mode, changed},
    link_failure::LinkFailure,
    reply::{InFlightCalls, ReplySinks, Separated},
    serve::RequestPipeline,
    services::QueuePlan,
    settings::Settings,
};

/// Consumes one queue, and runs a task per call.
pub(crate) struct Worker {
    consumer: QueueConsumer,
    pipeline: RequestPipeline,
    /// Received beyond the calls that may run at once. None of them is empty.
    waiting: VecDeque<Separated>,
    control_rx: watch::Receiver<Control>,
    mode: Mode,
    failure: LinkFailure,
    /// A method of the queue has a lock, or had one: calls may be parked.
    has_had_locks: bool,
    /// The consumer was cancelled to be made again with another prefetch.
    is_resizing: bool,
}

/// What all workers of a link share.
#[derive(Clone)]
pub(crate) struct WorkerParts {
    pub(crate) settings: Arc<Settings>,
    pub(crate) sinks: Arc<ReplySinks>,
    pub(crate) in_flight: InFlightCalls,
    pub(crate) failure: LinkFailure,
}

impl WorkerParts {
    /// The pipeline of one queue.
    pub(super) fn pipeline(
        self,
        queue: &QueuePlan,
        control_rx: &watch::Receiver<Control>,
    ) -> RequestPipeline {
        let Self { settings, sinks, in_flight, .. } = self;
        RequestPipeline::new(settings, sinks, in_flight, control_rx.clone(), queue.concurrency)
    }
}

impl Worker {
    /// Spawns the worker of the queue that `consumer` consumes. It and its calls are cancelled with `tasks`.
    pub(crate) fn spawn(
        consumer: QueueConsumer,
        parts: WorkerParts,
        tasks: &mut JoinSet<()>,
    ) -> WorkerHandle {
        let (control, control_rx) = Control::channel(&consumer.queue);
        let failure = parts.failure.clone();
        let pipeline = parts.pipeline(&consumer.queue, &control_rx);
        let waiting = VecDeque::new();
        let (mode, has_had_locks) = (Mode::Serve, consumer.queue.max_parked.is_some());
        let is_resizing = false;
        let worker =
            Self { consumer, pipeline, waiting, control_rx, mode, failure, has_had_locks, is_resizing };
        let task: AbortHandle = tasks.spawn(worker.run());
        WorkerHandle { control, task }
    }

    /// Serves until told to drain, runs what was prefetched, and waits for the calls that run.
    ///
    /// When the channel is lost the calls are cancelled, as when the future is dropped: the broker delivers
    /// their requests again.
    async fn run(mut self) {
        let ended = match self.consume().await {
            Ok(()) => self.finish_calls().await,
            Err(lost) => Err(lost),
        };
        if let Err(lost) = ended {
            self.failure.report(lost);
        }
    }

    /// Hands deliveries to the pipeline until the consumer is cancelled, and nothing is left of what it was
    /// given.
    ///
    /// When the broker ends the consumer, calls go on and another consumer is made. It has a prefetch window
    /// of its own, though the calls of the earlier one still run: a delivery over the limit waits here. So do the
    /// calls over the limit of a message that has several. Meanwhile nothing else is received.
    async fn consume(&mut self) -> Result<(), BrokerError> {
        let mut has_changed = false;
        loop {
            tokio::select! {
                biased;
                delivery = next(&mut self.consumer, !self.waiting.is_empty()), if !has_changed => match delivery {
                    Some(Ok(delivered)) => {
                        has_changed = self.read_queue();
                        self.waiting.push_back(self.pipeline.separate(delivered, &self.consumer.queue));
                    }
                    Some(Err(lost)) => return Err(lost),
                    None if self.mode == Mode::Serve => {
                        self.renew_consumer().await?;
                        // A new mode may have ended it, and is read first: without a consumer there is at
                        // once nothing to read.
                        has_changed = self.control_rx.has_changed().unwrap_or(false);
                    }
                    None => return Ok(()),
                },
                () = changed(&mut self.control_rx) => {
                    has_changed = false;
                    self.follow_control().await?;
                }
                _ = self.pipeline.calls.join_next(),
                    if !self.waiting.is_empty() || self.pipeline.parking.has_ready() => {}
                () = async { self.pipeline.parking.changed().await }, if self.has_had_locks => {}
            }
            self.handle_waiting();
        }
    }

    /// Meanwhile calls run, and those that have waited for their locks get slots: the queue may be gone for long.
    async fn renew_consumer(&mut self) -> Result<(), BrokerError> {
        let Self { consumer, pipeline, has_had_locks, control_rx, is_resizing, .. } = self;
        let concurrency = usize::from(consumer.queue.concurrency);
        let mut control_rx = control_rx.clone();
        let is_resizing = std::mem::take(is_resizing);
        let mut renewed = pin!(async {
            match is_resizing {
                true => consumer.resize(&mut control_rx).await,
                false => consumer.renew(&mut control_rx).await,
            }
        });
        loop {
            tokio::select! {
                biased;
                renewed = &mut renewed => return renewed,
                _ = pipeline.calls.join_next(), if pipeline.parking.has_ready() => {}
                () = pipeline.parking.changed(), if *has_had_locks => {}
            }
            pipeline.give_slots(concurrency);
        }
    }

    async fn finish_calls(&mut self) -> Result<(), BrokerError> {
        loop {
            tokio::select! {
                ended = self.pipeline.calls.join_next() => if ended.is_none() { return Ok(()) },
                lost = self.consumer.until_lost() => return Err(lost),
                () = changed(&mut self.control_rx) => self.read_control(),
                () = async { self.pipeline.parking.changed().await }, if self.has_had_locks => {}
            }
            self.pipeline.give_slots(self.consumer.queue.concurrency.into());
        }
    }

    /// Handles as many of those that wait as may run; in mode `Abort` all, for none of them runs.
    fn handle_waiting(&mut self) {
        while self.pipeline.calls.try_join_next().is_some() {}
        let concurrency = usize::from(self.consumer.queue.concurrency);
        self.pipeline.give_slots(concurrency);
        while self.mode == Mode::Abort || self.pipeline.running() < concurrency {
            let Some(calls) = self.waiting.front_mut() else { return };
            let call = calls.next();
            if calls.is_empty() {
                self.waiting.pop_front();
            }
            if let Some(delivered) = call {
                self.pipeline.handle(delivered, &self.consumer.queue, self.mode);
            }
        }
    }

    /// Reads how the queue is served now. Returns whether there are new instructions.
    ///
    /// They are not waited for at every delivery, and a queue that never runs dry must not hide them. A new
    /// binding is in the instructions before a message can come by it.
    fn read_queue(&mut self) -> bool {
        let has_changed = self.control_rx.has_changed().unwrap_or(false);
        if has_changed {
            self.consumer.queue = Arc::clone(&self.control_rx.borrow().queue);
            self.has_had_locks |= self.consumer.queue.max_parked.is_some();
        }
        has_changed
    }

    /// Follows the new instructions, and cancels the consumer when they end the mode `Serve`, or ask for another
    /// prefetch.
    async fn follow_control(&mut self) -> Result<(), BrokerError> {
        let before = self.mode;
        self.read_control();
        let ends = before == Mode::Serve && self.mode > Mode::Serve;
        let resizes = self.mode == Mode::Serve && self.consumer.is_outdated();
        if self.is_resizing || !(ends || resizes) {
            // In the first case it is cancelled already.
            return Ok(());
        }
        self.is_resizing = resizes;
        self.consumer.cancel().await
    }

    fn read_control(&mut self) {
        let control = self.control_rx.borrow_and_update().clone();
        self.has_had_locks |= control.queue.max_parked.is_some();
        self.pipeline.calls.follow(&control, self.mode);
        (self.mode, self.consumer.queue) = (control.mode, control.queue);
    }
}

impl Drop for Worker {
    /// Settles what waits: the link may serve other queues, and would keep it.
    fn drop(&mut self) {
        for calls in std::mem::take(&mut self.waiting) {
            for delivered in calls {
                self.pipeline.handle(delivered, &self.consumer.queue, Mode::Abort);
            }
        }
    }
}

/// The next delivery. While one waits for its turn, only the loss of the connection is of interest.
async fn next(consumer: &mut QueueConsumer, one_waits: bool) -> Option<Result<Box<Delivered>, BrokerError>> {
    if one_waits { Some(Err(consumer.until_lost().await)) } else { consumer.next().await }
}
