//! Holds publisher confirms back, and releases them.

use amq_protocol::protocol::{AMQPClass, basic};

use crate::vhost::{
    VhostState,
    state::{HeldConfirm, NewHold, ReleaseOrder},
};

impl VhostState {
    /// Holds publisher confirms back from now on.
    pub(crate) fn hold_confirms(&mut self) -> NewHold {
        self.held_confirms.start()
    }

    /// Ends a hold and sends its confirms, one by one.
    pub(crate) fn release_confirms(&mut self, id: u64, order: ReleaseOrder) {
        for HeldConfirm { at, number: delivery_tag, accepted } in self.held_confirms.end(id, order) {
            let method = if accepted {
                basic::AMQPMethod::Ack(basic::Ack { delivery_tag, multiple: false })
            } else {
                basic::AMQPMethod::Nack(basic::Nack { delivery_tag, multiple: false, requeue: false })
            };
            self.reply(at, AMQPClass::Basic(method));
        }
    }
}
