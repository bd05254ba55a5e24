//! Requests that did not start, and that would not run once they are requeued: those of methods that run at most once.

use super::{
    super::{
        arrival::KeptMessage,
        dead_letters::{DeadLetter, DeadLetterCommand},
    },
    Unsettled,
};
use crate::{contract::MethodDef, message::Fault};

impl Unsettled {
    /// Requeues a request of a partition that did not start; one that would not run again is answered, so that its
    /// caller sends it again, or published again.
    pub(crate) fn hand_over(mut self, method: &'static MethodDef, runs_once: bool) {
        self.request.method = Some(method);
        if runs_once {
            self.settle_unstarted();
        }
    }

    /// Settles a request that did not start and that would be refused if it were requeued.
    ///
    /// Partitions are handed over at each graceful end of a server. So a message without a caller, which nobody would
    /// send again, is published to its partition again, and acknowledged when the broker has confirmed that. If the
    /// server is lost in between, there are two: the old one is marked as redelivered, and is a dead letter then.
    pub(super) fn settle_unstarted(&mut self) {
        if self.reply_to().is_some() || !self.publish_again() {
            self.finish_with(Err(Fault::not_started()), None);
        }
    }

    fn publish_again(&mut self) -> bool {
        let Some(method) = self.request.method else { return false };
        let Some(KeptMessage { message, queue }) = self.original.as_deref() else { return false };
        if queue.partition.is_none() {
            return false;
        }
        let Some((properties, body)) = message.again(method.full_name) else { return false };
        let queue = queue.clone();
        self.settled = true;
        let letter = DeadLetter { tag: self.tag, queue, properties, body, reply: None, runs_again: true };
        // Without the task the link is lost, and the broker delivers again.
        let _ = self.sinks.dead_letters.send(DeadLetterCommand::Send(Box::new(letter)));
        true
    }
}
