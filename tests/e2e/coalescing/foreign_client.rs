//! A client by hand.

use lapin::BasicProperties;

use super::parts::{COALESCED, Part, body_of, parts_of};
use crate::support::{Message, RawPeer, Vhost, await_until, raw_peer::Inbox};

/// A foreign client that reads several replies in one message.
pub(super) struct ForeignClient {
    pub(super) peer: RawPeer,
    pub(super) replies: Inbox,
}

impl ForeignClient {
    pub(super) async fn connect(vhost: &Vhost) -> Self {
        let peer = RawPeer::connect(&vhost.uri()).await;
        let queue = format!("amqp-rpc.reply.coalesced.{}", uuid::Uuid::new_v4());
        peer.declare_queue(&queue, Default::default(), Default::default()).await;
        let replies = peer.consume(&queue, 0).await;
        Self { peer, replies }
    }

    pub(super) fn request(&self, id: &str) -> BasicProperties {
        BasicProperties::default()
            .with_content_type("application/json".into())
            .with_correlation_id(id.into())
            .with_reply_to(self.replies.queue().into())
    }

    pub(super) fn whole(&self) -> BasicProperties {
        BasicProperties::default()
            .with_content_type(COALESCED.into())
            .with_correlation_id("all".into())
            .with_reply_to(self.replies.queue().into())
    }

    /// Sends these calls in one message.
    pub(super) async fn send(&self, method: &str, calls: &[(&str, &str)]) {
        let parts: Vec<_> = calls.iter().map(|(id, body)| (self.request(id), body.as_bytes())).collect();
        self.peer.publish("amqp-rpc", method, self.whole(), &body_of(&parts)).await;
    }

    /// The next replies, and how many messages they came in.
    pub(super) async fn collect(&mut self, replies: usize) -> (Vec<Part>, usize) {
        let (mut parts, mut messages) = (Vec::new(), 0);
        while parts.len() < replies {
            let message: Message = self.replies.next().await;
            messages += 1;
            parts.extend(parts_of(&message));
        }
        (parts, messages)
    }
}

/// How many calls the server says that it takes in one message.
pub(super) fn calls_per_message(message: &Message) -> Option<i64> {
    message.properties.headers().as_ref()?.inner().get("calls-per-message")?.as_long_long_int()
}

pub(super) fn answers(parts: &[Part]) -> Vec<(&str, &str, &str)> {
    let mut answers: Vec<_> = parts
        .iter()
        .map(|part| (part.correlation_id(), part.kind().unwrap_or_default(), part.text()))
        .collect();
    answers.sort_unstable();
    answers
}

pub(super) async fn until_settled(vhost: &Vhost) {
    await_until("the queue is empty", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}
