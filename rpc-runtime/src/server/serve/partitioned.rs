//! Requests of partitions: their calls have a fencing token, and may be handed over to another server.

use std::sync::Arc;

use amqp_rpc_transport::Delivered;

use super::{
    lock_state::LockState,
    pipeline::{RequestPipeline, method_of},
};
use crate::{
    lock::MethodLock,
    message::{CallOrigin, Fault, FencingToken, IncomingCall, Partition},
    server::{
        control::Mode,
        reply::{Arrival, Unsettled},
        services::QueuePlan,
    },
};

impl RequestPipeline {
    /// Does the same as [`handle`](Self::handle) with a request of a partition.
    pub(crate) fn handle_fenced(
        &mut self,
        delivered: Box<Delivered>,
        queue: &Arc<QueuePlan>,
        token: FencingToken,
    ) {
        self.lock_state = LockState::Held(token);
        self.handle(delivered, queue, Mode::Serve);
    }

    /// Requeues a request that did not start, for the next server, or answers it where it would not run again.
    pub(crate) fn hand_over(&mut self, delivered: Box<Delivered>, queue: &Arc<QueuePlan>) {
        self.lock_state = LockState::HandedOver;
        self.handle(delivered, queue, Mode::Abort);
    }

    /// Whether a key of the partition is held although no call runs: by a thread that has not returned, whose call
    /// was given up.
    pub(crate) fn is_held_by_thread(&self, queue: &QueuePlan) -> bool {
        let Some(of) = &queue.partition else { return false };
        // Each of them holds a key. Counted first: one that gets its lock in between tells the worker.
        let ready = self.parking.ready_calls();
        let is_of_partition = |key: &str| Partition::of_key(key, of.partition.count()) == of.partition;
        MethodLock::keys_held(queue.routes.locks(), is_of_partition) > ready
    }

    /// Refuses a request whatever it is.
    pub(crate) fn refuse(&self, delivered: Box<Delivered>, queue: &Arc<QueuePlan>, fault: Fault) {
        let Delivered { tag, received_at, .. } = *delivered;
        let arrival = Arrival { tag, is_malformed: false, received_at };
        let mut request = self.read(delivered, queue);
        let unsettled = Unsettled::new(arrival, &mut request, queue, None, Arc::clone(&self.sinks));
        unsettled.refuse(queue.name(), fault, method_of(&request, queue));
    }

    /// Says where a call came from that holds a lock in the cluster.
    pub(super) fn mark(&self, call: &mut IncomingCall, queue: &QueuePlan) {
        call.origin = match &queue.partition {
            Some(of) => CallOrigin::Partition(of.partition),
            None => CallOrigin::Queue,
        };
        if let LockState::Held(token) = self.lock_state {
            call.context.parts_mut().fencing_token = Some(token);
        }
    }
}
