//! Handles `confirm.select`, and sends publisher confirms.

use amq_protocol::protocol::{AMQPClass, basic, confirm};

use crate::{
    ids::ChannelRef,
    protocol::ProtocolError,
    vhost::{
        VhostState,
        state::{ConfirmTag, UnsentConfirms},
    },
};

impl VhostState {
    pub(in crate::vhost) fn select_confirms(
        &mut self,
        at: ChannelRef,
        nowait: bool,
    ) -> Result<(), ProtocolError> {
        self.open_channel_mut(at).confirms.get_or_insert_default();
        let ok = confirm::AMQPMethod::SelectOk(confirm::SelectOk {});
        self.reply_unless(nowait, at, AMQPClass::Confirm(ok));
        Ok(())
    }

    /// Confirms a publish that was routed to its queues, or refused by one.
    pub(in crate::vhost) fn confirm_publish(&mut self, at: ChannelRef, number: u64, accepted: bool) {
        if self.held_confirms.hold(at, number, accepted) {
            return;
        }
        let Some(confirms) = self.channel(at).and_then(|channel| channel.confirms.as_mut()) else { return };
        if confirms.add(number, accepted) {
            self.channels_to_confirm.push(at);
        }
    }

    /// Sends the confirms of all channels.
    pub(in crate::vhost) fn send_confirms(&mut self) {
        for at in std::mem::take(&mut self.channels_to_confirm) {
            let Some(confirms) = self.channel(at).and_then(|channel| channel.confirms.as_mut()) else {
                continue;
            };
            let UnsentConfirms { acks, nacks } = confirms.take_unsent();
            for ConfirmTag { delivery_tag, multiple } in acks {
                let ack = basic::Ack { delivery_tag, multiple };
                self.reply(at, AMQPClass::Basic(basic::AMQPMethod::Ack(ack)));
            }
            for ConfirmTag { delivery_tag, multiple } in nacks {
                let nack = basic::Nack { delivery_tag, multiple, requeue: false };
                self.reply(at, AMQPClass::Basic(basic::AMQPMethod::Nack(nack)));
            }
        }
    }
}
