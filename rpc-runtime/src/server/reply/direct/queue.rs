//! Queues direct replies, and settles their requests.

use amqp_rpc_transport::AddressedMessage;
use tokio::sync::oneshot;

use super::{
    DirectCommand, DirectReplySender,
    backlog::{DirectReply, Released},
};
use crate::{
    dialect::ReplyMessage,
    server::{
        config::loggable_address,
        reply::settlement::{Settlement, UnsentReply},
    },
};

impl DirectReplySender {
    /// Follows a command. `None` when its senders are gone.
    pub(super) fn take(&mut self, command: Option<DirectCommand>) {
        while self.acknowledging.try_join_next().is_some() {}
        match command {
            Some(DirectCommand::Send(reply)) => self.queue(reply),
            Some(DirectCommand::SendRefusal(reply)) => self.backlog.push(reply),
            Some(DirectCommand::Stop) | None => self.stopping = true,
        }
    }

    fn queue(&mut self, reply: UnsentReply) {
        let promises_never_to_run = reply.promises_never_to_run();
        let UnsentReply { tag, reply_to, content, .. } = reply;
        let ReplyMessage { properties, body, .. } = content.compose();
        let body_bytes = body.len();
        match AddressedMessage::for_any_connection(reply_to.clone(), &properties, body) {
            Ok(message) => {
                let reply = DirectReply { tag: Some(tag), address: reply_to, body_bytes, message };
                if promises_never_to_run {
                    self.acknowledge_first(tag, reply);
                } else {
                    self.backlog.push(reply);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
                self.settle_as(Settlement::Reject { tag });
            }
        }
    }

    /// Acknowledges the request before the reply is queued, as the settler does: a request must not come
    /// again once its caller was told that it does not run. This reply leaves over another connection, which
    /// may overtake the acknowledgement: so it waits until the broker has handled that.
    fn acknowledge_first(&mut self, tag: u64, reply: DirectReply) {
        let (acked, is_acked) = oneshot::channel();
        self.settle_as(Settlement::AckNow { tag, acked });
        let (requests, refusals) = (self.requests.clone(), self.refusals.clone());
        self.acknowledging.spawn(async move {
            // With the channel the refusal is lost too: the request may come again, and another server
            // replies.
            if is_acked.await.is_ok() && requests.round_trip().await.is_ok() {
                let _ = refusals.send(DirectCommand::SendRefusal(DirectReply { tag: None, ..reply }));
            }
        });
    }

    /// Waits for the refusals whose requests are being acknowledged. Other commands are discarded.
    pub(super) async fn gather_refusals(&mut self) {
        while self.acknowledging.join_next().await.is_some() {}
        while let Ok(command) = self.commands.try_recv() {
            if let DirectCommand::SendRefusal(reply) = command {
                self.backlog.push(reply);
            }
        }
    }

    /// Acknowledges the request of a reply that was confirmed or dropped.
    pub(super) fn settle(&self, reply: Option<DirectReply>) {
        if let Some(tag) = reply.and_then(|reply| reply.tag) {
            self.settle_as(Settlement::Ack { tag });
        }
    }

    /// Acknowledges requests, and drops replies, of which too many wait for a connection that does not work.
    pub(super) fn release<'a>(&mut self, unconfirmed: impl IntoIterator<Item = &'a mut DirectReply>) {
        let Released { acknowledge, dropped } = self.backlog.release(unconfirmed.into_iter());
        acknowledge.into_iter().for_each(|tag| self.settle_as(Settlement::Ack { tag }));
        for reply in dropped {
            self.counters.lost_direct_replies.add_one();
            let address = loggable_address(&reply.address);
            tracing::warn!(address, "a direct reply was dropped: the backlog of direct replies is full");
            self.settle(Some(reply));
        }
    }

    fn settle_as(&self, settlement: Settlement) {
        // Without a settler the channel is lost, and the broker delivers again.
        let _ = self.settlements.send(settlement);
    }
}
