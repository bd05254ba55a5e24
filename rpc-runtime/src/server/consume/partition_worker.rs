//! The consumer loop of a partition: its consumer, while it is the active one, is the lock of the partition's keys.
//!
//! The broker hands the lock over as soon as the consumer is cancelled, whatever still runs here. So a call runs only
//! while the consumer is there: it is cancelled when nothing runs any more; and when the broker cancels it, the calls
//! are.

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Delivered};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::{
    CANCEL_TIMEOUT,
    fencing_tokens::{Token, TokenOutcome, TokenSource},
    queue_consumer::QueueConsumer,
    worker::WorkerParts,
    worker_handle::WorkerHandle,
};
use crate::{
    lock::Locks,
    message::{Fault, FaultCode},
    server::{
        control::{Control, Mode, changed},
        link_failure::LinkFailure,
        reply::Separated,
        serve::RequestPipeline,
    },
};

/// Consumes one partition, and runs a task per call.
pub(crate) struct PartitionWorker {
    consumer: QueueConsumer,
    pipeline: RequestPipeline,
    /// Received: what waits for the token, and what is beyond the calls that may run at once.
    waiting: VecDeque<Separated>,
    tokens: TokenSource,
    token: Token,
    /// Shared by all links and queues.
    locks: Locks,
    control_rx: watch::Receiver<Control>,
    mode: Mode,
    failure: LinkFailure,
}

impl PartitionWorker {
    /// Spawns the worker of the partition that `consumer` consumes. It and its calls are cancelled with `tasks`.
    pub(crate) fn spawn(
        consumer: QueueConsumer,
        parts: WorkerParts,
        tokens: TokenSource,
        tasks: &mut JoinSet<()>,
    ) -> WorkerHandle {
        let (control, control_rx) = Control::channel(&consumer.queue);
        let (failure, locks) = (parts.failure.clone(), parts.settings.services.locks.clone());
        let pipeline = parts.pipeline(&consumer.queue, &control_rx);
        let worker = Self {
            consumer,
            pipeline,
            waiting: VecDeque::new(),
            tokens,
            token: Token::NotRequested,
            locks,
            control_rx,
            mode: Mode::Serve,
            failure,
        };
        let task: AbortHandle = tasks.spawn(worker.run());
        WorkerHandle { control, task }
    }

    /// Serves until told to drain, waits for the calls that run, and hands the lock over.
    ///
    /// When the channel is lost the calls are cancelled, as when the future is dropped: the broker has handed the lock
    /// over.
    async fn run(mut self) {
        let ended = match self.serve().await {
            Ok(()) => self.hand_over().await,
            Err(lost) => Err(lost),
        };
        if let Err(lost) = ended {
            self.failure.report(lost);
        }
    }

    /// Receives whatever is delivered, also while it may not start: the end of the consumer comes the same way. The
    /// prefetch bounds it.
    async fn serve(&mut self) -> Result<(), BrokerError> {
        let locks = self.locks.clone();
        loop {
            let mut released = pin!(locks.released());
            if self.mode == Mode::Drain {
                // Before the keys are looked at: a thread may return in between.
                released.as_mut().enable();
            }
            if !self.holds_lock() {
                return Ok(());
            }
            let has_calls = self.pipeline.calls.len() > 0;
            tokio::select! {
                biased;
                () = changed(&mut self.control_rx) => self.read_control(),
                delivery = next(&mut self.consumer, self.mode) => match delivery {
                    Some(delivered) => self.receive(delivered?),
                    None => self.lose_lock().await?,
                },
                outcome = self.token.requested() => self.take_token(outcome).await?,
                _ = self.pipeline.calls.join_next(), if has_calls => {}
                () = async { self.pipeline.parking.changed().await } => {}
                () = released, if self.mode == Mode::Drain => {}
            }
            self.start_waiting();
        }
    }

    /// Whether the lock is to be kept. While there is time to drain, it is also for threads of calls that were given
    /// up: the next server would run their keys beside them.
    fn holds_lock(&self) -> bool {
        match self.mode {
            Mode::Serve => true,
            Mode::Abort => false,
            Mode::Drain if self.pipeline.running() > 0 => true,
            Mode::Drain => self.consumer.is_active() && self.pipeline.is_held_by_thread(&self.consumer.queue),
        }
    }

    fn receive(&mut self, delivered: Box<Delivered>) {
        if self.control_rx.has_changed().unwrap_or(false) {
            // A new binding is in the instructions before a message can come by it.
            self.consumer.queue = Arc::clone(&self.control_rx.borrow().queue);
        }
        self.waiting.push_back(self.pipeline.separate(delivered, &self.consumer.queue));
        self.request_token();
    }

    /// Asks for a token once something was delivered: only the active consumer receives anything.
    fn request_token(&mut self) {
        if matches!(self.token, Token::NotRequested) && self.mode == Mode::Serve && !self.waiting.is_empty() {
            self.token = Token::Requested(self.tokens.request());
        }
    }

    async fn take_token(&mut self, outcome: TokenOutcome) -> Result<(), BrokerError> {
        match outcome {
            Ok(token) => {
                // The token is this consumer's if the consumer was the active one when the counter gave it. Had it
                // been cancelled before that, this side would know after another round trip on its channel.
                self.consumer.round_trip().await?;
                self.token = Token::Received(token);
            }
            Err(why) => {
                self.token = Token::NotRequested;
                self.refuse_calls(&why);
                self.request_token();
            }
        }
        Ok(())
    }

    /// Answers the calls that wait for a token. Messages without a caller wait on.
    fn refuse_calls(&mut self, why: &str) {
        let has_caller = |delivered: &Delivered| delivered.properties.reply_to.is_some();
        let mut kept = VecDeque::new();
        for mut calls in std::mem::take(&mut self.waiting) {
            match &calls {
                Separated::One(Some(delivered)) if !has_caller(delivered) => {
                    kept.push_back(calls);
                }
                _ => {
                    for delivered in &mut calls {
                        let message =
                            format!("the server has no fencing token for the lock of the method: {why}");
                        let fault = Fault::new(FaultCode::Overloaded, message);
                        self.pipeline.refuse(delivered, &self.consumer.queue, fault);
                    }
                }
            }
        }
        self.waiting = kept;
    }

    /// Starts as many of those that wait as may run, while the lock is held.
    fn start_waiting(&mut self) {
        while self.pipeline.calls.try_join_next().is_some() {}
        let Token::Received(token) = self.token else { return };
        let concurrency = usize::from(self.consumer.queue.concurrency);
        if self.mode == Mode::Serve && self.consumer.is_active() {
            // Those that have waited for their locks come before what was delivered later.
            self.pipeline.give_slots(concurrency);
        }
        while self.mode == Mode::Serve && self.pipeline.running() < concurrency && self.consumer.is_active() {
            let Some(calls) = self.waiting.front_mut() else { return };
            let call = calls.next();
            if calls.is_empty() {
                self.waiting.pop_front();
            }
            if let Some(delivered) = call {
                self.pipeline.handle_fenced(delivered, &self.consumer.queue, token);
            }
        }
    }

    /// The broker has ended the consumer, and with it the lock: nothing may run on. Another consumer is made, unless
    /// the worker drains.
    async fn lose_lock(&mut self) -> Result<(), BrokerError> {
        let had_lock = matches!(self.token, Token::Received(_));
        self.token = Token::NotRequested;
        // Calls that block their thread are not waited for; they have a token that is smaller than the next.
        let all_ended = self.cancel_calls(CANCEL_TIMEOUT).await;
        self.settle_waiting();
        if had_lock {
            tracing::warn!(
                queue = self.consumer.queue.name(),
                all_ended,
                "the broker cancelled the consumer of a partition, and so its lock; its calls are cancelled"
            );
        }
        if self.mode == Mode::Serve {
            self.consumer.renew(&mut self.control_rx.clone()).await
        } else {
            self.consumer.forget();
            Ok(())
        }
    }

    /// Cancels all calls, and waits until their tasks have ended. Returns false for one that goes on.
    async fn cancel_calls(&mut self, within: Duration) -> bool {
        self.pipeline.calls.abort_all();
        let ended = async { while self.pipeline.calls.join_next().await.is_some() {} };
        timeout(within, ended).await.is_ok()
    }

    /// Cancels the consumer, now that nothing runs, and requeues what did not start.
    ///
    /// In mode `Abort` calls may run. Those that do not end when they are cancelled, because they block their thread, are
    /// not waited for. This worker would be cancelled meanwhile, and its consumer keep what the broker delivers to it.
    async fn hand_over(&mut self) -> Result<(), BrokerError> {
        if self.mode == Mode::Abort {
            self.cancel_calls(CANCEL_TIMEOUT / 2).await;
        }
        self.consumer.cancel().await?;
        // Requeued before, they would come here again.
        self.cancel_calls(CANCEL_TIMEOUT / 4).await;
        while let Some(delivered) = self.consumer.next().await {
            self.waiting.push_back(self.pipeline.separate(delivered?, &self.consumer.queue));
        }
        self.settle_waiting();
        Ok(())
    }

    /// Requeues what waits, or answers where it would not run again.
    fn settle_waiting(&mut self) {
        for calls in std::mem::take(&mut self.waiting) {
            for delivered in calls {
                self.pipeline.hand_over(delivered, &self.consumer.queue);
            }
        }
    }

    fn read_control(&mut self) {
        let control = self.control_rx.borrow_and_update().clone();
        self.pipeline.calls.follow(&control, self.mode);
        (self.mode, self.consumer.queue) = (control.mode, control.queue);
    }
}

/// The next delivery. A worker that drains makes no other consumer, and only waits for the loss of the connection then.
async fn next(consumer: &mut QueueConsumer, mode: Mode) -> Option<Result<Box<Delivered>, BrokerError>> {
    if consumer.consumes() || mode == Mode::Serve {
        consumer.next().await
    } else {
        Some(Err(consumer.until_lost().await))
    }
}

impl Drop for PartitionWorker {
    /// Settles what waits: the link may serve other queues, and would keep it.
    fn drop(&mut self) {
        self.settle_waiting();
    }
}
