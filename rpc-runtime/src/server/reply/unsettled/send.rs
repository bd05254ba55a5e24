//! Sends the reply of a request, by the way that its address needs.

use smol_str::SmolStr;

use super::{
    super::{
        calls_per_message::TimedCall,
        direct::DirectCommand,
        queue_reply::{log_unwritable, queue_reply},
        settlement::{ReplyContent, Settlement, UnsentReply},
    },
    Unsettled,
};
use crate::{
    message::{Fault, Reply},
    wire::reply_address::is_direct,
};

impl Unsettled {
    pub(super) fn reply(&mut self, reply_to: SmolStr, outcome: Result<Reply, Fault>) -> UnsentReply {
        let correlation_id = self.address.correlation_id.take();
        let codec = std::mem::take(&mut self.address.codec);
        let calls_per_message = self.calls_per_message.take().map(TimedCall::end);
        let content = ReplyContent::Own { correlation_id, codec, outcome };
        UnsentReply { tag: self.tag, reply_to, content, calls_per_message }
    }

    pub(super) fn send(&mut self, reply_to: SmolStr, outcome: Result<Reply, Fault>) {
        let reply = self.reply(reply_to, outcome);
        self.send_reply(reply);
    }

    pub(super) fn send_reply(&mut self, reply: UnsentReply) {
        if is_direct(&reply.reply_to) {
            self.settled = true;
            let _ = self.sinks.direct.send(DirectCommand::Send(reply));
        } else if reply.promises_never_to_run() {
            // Behind the acknowledgement, which only the settler can see to.
            self.settle(Settlement::Reply(Box::new(reply)));
        } else if let Err(error) = queue_reply(&self.sinks.requests.publisher, reply) {
            log_unwritable(&*error);
            self.settle(Settlement::Reject { tag: self.tag });
        } else {
            self.ack();
        }
    }
}
