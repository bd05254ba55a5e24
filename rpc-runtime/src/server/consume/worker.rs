//! The consumer loop of one queue: hands deliveries to the request pipeline until it is told to drain, or the
//! channel is lost.

use std::sync::Arc;

use amqp_rpc_transport::{BrokerError, Delivered};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use super::{queue_consumer::QueueConsumer, worker_handle::WorkerHandle};
use crate::server::{
    control::{Control, Mode, changed},
    link_failure::LinkFailure,
    reply::{InFlightCalls, ReplySinks},
    serve::RequestPipeline,
    settings::Settings,
};

/// Consumes one queue, and runs a task per call.
pub(crate) struct Worker {
    consumer: QueueConsumer,
    pipeline: RequestPipeline,
    control_rx: watch::Receiver<Control>,
    mode: Mode,
    failure: LinkFailure,
}

impl Worker {
    /// Spawns the worker of the queue that `consumer` consumes. It and its calls are cancelled with `tasks`.
    pub(crate) fn spawn(
        consumer: QueueConsumer,
        settings: Arc<Settings>,
        sinks: Arc<ReplySinks>,
        in_flight: InFlightCalls,
        failure: LinkFailure,
        tasks: &mut JoinSet<()>,
    ) -> WorkerHandle {
        let queue = Arc::clone(&consumer.queue);
        let (control, control_rx) =
            watch::channel(Control { mode: Mode::Serve, queue, cancelled: Vec::new() });
        let pipeline = RequestPipeline::new(settings, sinks, in_flight, control_rx.clone());
        let worker = Self { consumer, pipeline, control_rx, mode: Mode::Serve, failure };
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
    /// of its own, though the calls of the earlier one still run: a delivery over the limit waits here.
    async fn consume(&mut self) -> Result<(), BrokerError> {
        let concurrency = usize::from(self.consumer.queue.concurrency);
        let mut over_limit = None;
        let mut has_changed = false;
        loop {
            tokio::select! {
                biased;
                delivery = next(&mut self.consumer, over_limit.is_some()), if !has_changed => match delivery {
                    Some(Ok(delivered)) => {
                        has_changed = self.read_queue();
                        if self.pipeline.calls.len() >= concurrency {
                            over_limit = Some(delivered);
                        } else {
                            self.handle(delivered);
                        }
                    }
                    Some(Err(lost)) => return Err(lost),
                    None if self.mode == Mode::Serve => {
                        self.consumer.renew(&mut self.control_rx.clone()).await?;
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
                _ = self.pipeline.calls.join_next(), if over_limit.is_some() => {}
            }
            while self.pipeline.calls.try_join_next().is_some() {}
            if self.pipeline.calls.len() < concurrency
                && let Some(delivered) = over_limit.take()
            {
                self.handle(delivered);
            }
        }
    }

    async fn finish_calls(&mut self) -> Result<(), BrokerError> {
        loop {
            tokio::select! {
                ended = self.pipeline.calls.join_next() => if ended.is_none() { return Ok(()) },
                lost = self.consumer.until_lost() => return Err(lost),
                () = changed(&mut self.control_rx) => self.read_control(),
            }
        }
    }

    fn handle(&mut self, delivered: Box<Delivered>) {
        self.pipeline.handle(delivered, &self.consumer.queue, self.mode);
    }

    /// Reads how the queue is served now. Returns whether there are new instructions.
    ///
    /// They are not waited for at every delivery, and a queue that never runs dry must not hide them. A new
    /// binding is in the instructions before a message can come by it.
    fn read_queue(&mut self) -> bool {
        let has_changed = self.control_rx.has_changed().unwrap_or(false);
        if has_changed {
            self.consumer.queue = Arc::clone(&self.control_rx.borrow().queue);
        }
        has_changed
    }

    /// Follows the new instructions, and cancels the consumer when they end the mode `Serve`.
    async fn follow_control(&mut self) -> Result<(), BrokerError> {
        let before = self.mode;
        self.read_control();
        if before == Mode::Serve && self.mode > Mode::Serve {
            self.consumer.cancel().await?;
        }
        Ok(())
    }

    fn read_control(&mut self) {
        let Control { mode, queue, cancelled } = self.control_rx.borrow_and_update().clone();
        self.consumer.queue = queue;
        for service in cancelled {
            self.pipeline.calls.abort_calls_of(service);
        }
        if mode == Mode::Abort && self.mode < mode {
            self.pipeline.calls.abort_all();
        }
        self.mode = mode;
    }
}

/// The next delivery. While one waits for its turn, only the loss of the connection is of interest.
async fn next(consumer: &mut QueueConsumer, one_waits: bool) -> Option<Result<Box<Delivered>, BrokerError>> {
    if one_waits { Some(Err(consumer.until_lost().await)) } else { consumer.next().await }
}
