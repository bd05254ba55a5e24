//! Replies to direct reply-to addresses, which a task sends over a connection of its own.
//!
//! A request is acknowledged once the broker has confirmed its reply; before, when the reply promises that
//! the method does not run. When the connection breaks, unconfirmed replies are sent again over the next one,
//! each alone: a reply on which the connection breaks again is dropped, for its address is forged.

mod backlog;
mod queue;
mod send;

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{
    Backoff, BrokerError, ConnectOptions, Connection, DataChannel, ExclusiveConfirmPublisher, Inbound, chain,
    connect,
};
use tokio::{sync::mpsc, task::JoinSet};

use self::backlog::{DirectReply, ReplyBacklog};
use super::settlement::{Settlements, UnsentReply};
use crate::server::{link_failure::LinkFailure, settings::Settings, stats::Counters};

/// A command to the task for direct replies.
#[allow(clippy::large_enum_variant, reason = "nearly all are replies")]
pub(crate) enum DirectCommand {
    Send(UnsentReply),
    /// Send this reply, which promises that the method does not run. Its request is acknowledged.
    SendRefusal(DirectReply),
    /// Send what waits, and end.
    Stop,
}

/// The task that sends direct replies. Its link owns it: when requests can no longer be acknowledged, their
/// replies need not be sent.
pub(crate) struct DirectReplySender {
    options: ConnectOptions,
    inbound: Inbound,
    commands: mpsc::UnboundedReceiver<DirectCommand>,
    /// Sends this task the refusals whose requests are acknowledged.
    refusals: mpsc::UnboundedSender<DirectCommand>,
    /// Tasks that wait for the acknowledgement of a refusal's request.
    acknowledging: JoinSet<()>,
    requests: DataChannel,
    settlements: Settlements,
    /// Told when the broker is low on disk.
    failure: LinkFailure,
    counters: Arc<Counters>,
    backlog: ReplyBacklog,
    stopping: bool,
}

impl DirectReplySender {
    /// Sends to the broker of `connection`. The requests came over the channel `requests`, and are settled by
    /// `settlements`.
    ///
    /// `commands` receives what `refusals` sends.
    pub(crate) fn new(
        connection: &Connection,
        requests: DataChannel,
        refusals: mpsc::UnboundedSender<DirectCommand>,
        commands: mpsc::UnboundedReceiver<DirectCommand>,
        settlements: Settlements,
        failure: LinkFailure,
        settings: &Settings,
    ) -> Self {
        let (options, inbound) = connection.options();
        // One half of the window may wait for the connection; the other half serves on, whichever queue the
        // replies belong to.
        let max_unacknowledged = usize::from(settings.services.concurrency / 2);
        Self {
            options: options.clone(),
            inbound: inbound.clone(),
            commands,
            refusals,
            acknowledging: JoinSet::new(),
            requests,
            settlements,
            failure,
            counters: Arc::clone(&settings.counters),
            backlog: ReplyBacklog::new(max_unacknowledged),
            stopping: false,
        }
    }

    /// Sends replies until told to stop, and then those that are left. Connects when there is a first one.
    pub(crate) async fn run(mut self) {
        let mut publisher = None;
        let mut backoff = Backoff::new(&self.options);
        let mut delay = Duration::ZERO;
        loop {
            while self.backlog.is_empty() && !self.stopping {
                let command = self.commands.recv().await;
                self.take(command);
            }
            if self.stopping {
                self.gather_refusals().await;
            }
            if self.backlog.is_empty() {
                break;
            }
            let connected = match publisher.take() {
                Some(connected) => connected,
                None => self.connect(&mut backoff, delay).await,
            };
            publisher = if self.backlog.begins_with_suspect() {
                self.send_alone(connected).await
            } else {
                self.send_together(connected).await
            };
            if publisher.is_none() {
                delay = backoff.next_delay();
            }
        }
        if let Some(publisher) = publisher {
            publisher.close().await;
        }
    }

    /// Ends the link over a reply that the broker refused because it is low on disk: its request is not
    /// acknowledged, and comes again when the broker accepts messages.
    async fn fail(&self, error: BrokerError) -> ! {
        self.failure.report(error);
        // The link drops this task.
        std::future::pending().await
    }

    async fn connect(&mut self, backoff: &mut Backoff, mut delay: Duration) -> ExclusiveConfirmPublisher {
        loop {
            let (options, inbound) = (self.options.clone(), self.inbound.clone());
            let connecting = async move {
                tokio::time::sleep(delay).await;
                connect(&options, &inbound, ExclusiveConfirmPublisher::open).await
            };
            match self.take_during(connecting, None).await {
                Ok(connected) => {
                    // When a connection breaks, the next one follows after a short pause, which bounds how
                    // often that is.
                    backoff.reset();
                    return connected;
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "there is no connection for direct replies, and it is tried again");
                    delay = backoff.next_delay();
                }
            }
        }
    }

    /// Awaits a future, and takes commands meanwhile. The connection does not work, or not yet, so the
    /// backlog is kept short.
    async fn take_during<T>(
        &mut self,
        future: impl Future<Output = T>,
        mut unconfirmed: Option<&mut DirectReply>,
    ) -> T {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                biased;
                output = &mut future => return output,
                command = self.commands.recv(), if !self.stopping => {
                    self.take(command);
                    self.release(unconfirmed.as_deref_mut());
                }
            }
        }
    }
}
