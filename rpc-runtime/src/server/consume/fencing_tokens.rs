//! The fencing tokens of a link: numbers from counters that the broker keeps.

use std::{
    collections::BTreeMap,
    future::{Future, pending},
    num::NonZero,
    pin::Pin,
    sync::Arc,
};

use amqp_rpc_transport::{Backoff, BrokerError, Connection, chain};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    message::FencingToken,
    server::{link_failure::LinkFailure, services::QueuePlan, topology::no_answer},
    wire::partition::token_queue,
};

/// A token, or why there is none yet.
pub(crate) type TokenOutcome = Result<FencingToken, Arc<str>>;

/// Resolves with the outcome of a request for a token. It stays pending when the link ends.
pub(crate) type RequestedToken = Pin<Box<dyn Future<Output = TokenOutcome> + Send>>;

/// The fencing token of the present consumer.
pub(crate) enum Token {
    /// Nothing was delivered to the consumer: it may not be the active one.
    NotRequested,
    Requested(RequestedToken),
    Received(FencingToken),
}

impl Token {
    /// Resolves when it was requested and there is an outcome.
    pub(crate) async fn requested(&mut self) -> TokenOutcome {
        match self {
            Self::Requested(requested) => requested.await,
            Self::NotRequested | Self::Received(_) => std::future::pending().await,
        }
    }
}

/// Fetches fencing tokens, in one task for each queue with partitions. The tasks end with it.
pub(crate) struct FencingTokens {
    connection: Connection,
    failure: LinkFailure,
    sources: BTreeMap<String, TokenSource>,
    tasks: JoinSet<()>,
}

/// Requests tokens of one counter.
#[derive(Clone, Debug)]
pub(crate) struct TokenSource(mpsc::UnboundedSender<oneshot::Sender<TokenOutcome>>);

impl FencingTokens {
    pub(crate) fn new(connection: Connection, failure: LinkFailure) -> Self {
        Self { connection, failure, sources: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// The tokens of the partitions of `queue`, of which `plan` is one.
    pub(crate) fn of(&mut self, queue: &str, plan: &Arc<QueuePlan>) -> TokenSource {
        if let Some(source) = self.sources.get(queue) {
            return source.clone();
        }
        let (requests, requested) = mpsc::unbounded_channel();
        let counter = Counter {
            connection: self.connection.clone(),
            queue: token_queue(queue),
            plan: Arc::clone(plan),
            failure: self.failure.clone(),
        };
        self.tasks.spawn(counter.serve(requested));
        let source = TokenSource(requests);
        self.sources.insert(queue.to_owned(), source.clone());
        source
    }
}

impl TokenSource {
    /// Asks for a token that is greater than those that the counter has given so far.
    pub(crate) fn request(&self) -> RequestedToken {
        let (sender, receiver) = oneshot::channel();
        let sent = self.0.send(sender).is_ok();
        Box::pin(async move {
            match receiver.await {
                Ok(outcome) if sent => outcome,
                _ => pending().await,
            }
        })
    }
}

/// The counter of one queue's partitions.
struct Counter {
    connection: Connection,
    queue: String,
    /// Declares the counter's queue among others, should it be gone.
    plan: Arc<QueuePlan>,
    failure: LinkFailure,
}

impl Counter {
    /// Increments the counter once for all who wait. Who asks meanwhile waits for the next number: the partition may
    /// have been another server's when this one was made.
    async fn serve(self, mut requested: mpsc::UnboundedReceiver<oneshot::Sender<TokenOutcome>>) {
        let mut backoff = Backoff::new(self.connection.options().0);
        while let Some(first) = requested.recv().await {
            let mut waiting = vec![first];
            while let Ok(next) = requested.try_recv() {
                waiting.push(next);
            }
            let outcome = match self.increment().await {
                Ok(number) => {
                    backoff.reset();
                    Ok(NonZero::new(number).unwrap_or(NonZero::<u64>::MIN))
                }
                Err(error) if !self.connection.is_connected() => return self.failure.report(error),
                Err(error) => {
                    tracing::warn!(
                        queue = self.queue,
                        error = %chain(&error),
                        "no fencing token: the calls that it locks are refused until there is one"
                    );
                    // Those who wait are told before the pause, which keeps attempts from being many.
                    let why = chain(&error).to_string().into();
                    waiting.drain(..).for_each(|waiting| drop(waiting.send(Err(Arc::clone(&why)))));
                    tokio::time::sleep(backoff.next_delay()).await;
                    self.declare_again().await;
                    continue;
                }
            };
            // A worker that is gone has ended with its queue.
            waiting.into_iter().for_each(|waiting| drop(waiting.send(outcome.clone())));
        }
    }

    async fn increment(&self) -> Result<u64, BrokerError> {
        let timeout = self.connection.attempt_timeout();
        let incremented = tokio::time::timeout(timeout, self.connection.increment_counter(&self.queue)).await;
        incremented.unwrap_or_else(|_| Err(no_answer()))
    }

    async fn declare_again(&self) {
        let declared =
            self.plan.declaration.declare(&self.connection, self.connection.attempt_timeout()).await;
        if let Err(error) = declared {
            tracing::debug!(queue = self.queue, error = %chain(&error.source), "the counter was not declared");
        }
    }
}
