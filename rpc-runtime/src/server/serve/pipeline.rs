//! The way of a request from its delivery to the task that runs its call: read, checked, admitted, spawned.

mod in_dialect;

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::{Delivered, Refusal};
use tokio::sync::watch;

use super::{
    admit::{Admitted, Delivery, admit},
    calls::CallTasks,
    lock_state::LockState,
    locked::{LockedCall, LockedTask},
    outlive_link::OutliveLink,
    overflow::Overflow,
    retry_overloaded::{may_be_retried, retry_while_overloaded},
    run::{run, run_within},
};
use crate::{
    contract::MethodDef,
    layer::BoxService,
    message::{CallOrigin, Fault, IncomingCall, cluster_lock},
    server::{
        begun::MessageOrigin,
        config::{code_that_allows, loggable_address},
        control::{Control, Mode},
        large_bodies::LargeBodies,
        parking::Parking,
        reflection::CountedCall,
        reply::{
            AdmittedCall, Arrival, CallsPerMessage, InFlightCalls, KeptMessage, PartTag, ReplySinks,
            Separated, Unsettled,
        },
        services::{QueuePlan, Route, ServiceId},
        settings::Settings,
    },
    wire::{
        dead_letter::{OriginalMessage, was_dead_lettered},
        request::ReceivedRequest,
    },
};

/// Serves the requests of one queue. Runs in the queue's worker, so nothing here may take long; calls run in
/// tasks.
pub(crate) struct RequestPipeline {
    settings: Arc<Settings>,
    pub(super) sinks: Arc<ReplySinks>,
    in_flight: InFlightCalls,
    control_rx: watch::Receiver<Control>,
    calls_per_message: Arc<CallsPerMessage>,
    pub(super) lock_state: LockState,
    pub(crate) calls: CallTasks,
    pub(crate) parking: Arc<Parking>,
}

impl RequestPipeline {
    pub(crate) fn new(
        settings: Arc<Settings>,
        sinks: Arc<ReplySinks>,
        in_flight: InFlightCalls,
        control_rx: watch::Receiver<Control>,
        concurrency: u16,
    ) -> Self {
        let calls_per_message =
            CallsPerMessage::new(settings.coalesce, concurrency, settings.admission.max_request_bytes);
        let parking = Parking::new(settings.services.max_parked, Arc::clone(&settings.counters));
        Self {
            settings,
            sinks,
            in_flight,
            control_rx,
            calls_per_message: Arc::new(calls_per_message),
            lock_state: LockState::None,
            calls: CallTasks::default(),
            parking: Arc::new(parking),
        }
    }

    /// The calls that run, or are about to: all but those that wait for a lock.
    pub(crate) fn running(&self) -> usize {
        // Of a call that ends while it is parked, and of one that is being given a slot, the second number falls
        // before the first: rather too many than too few.
        self.calls.len().saturating_sub(self.parking.parked())
    }

    /// Gives slots to the calls that have waited for their locks. They come before what was delivered later.
    pub(crate) fn give_slots(&self, concurrency: usize) {
        if self.parking.parked() > 0 {
            self.parking.give_slots(concurrency.saturating_sub(self.running()));
        }
    }

    /// Separates the calls of a message that has several. In a dialect each has one.
    pub(crate) fn separate(&self, delivered: Box<Delivered>, queue: &QueuePlan) -> Separated {
        if queue.dialect.is_some() {
            return Separated::whole(delivered);
        }
        Separated::new(delivered, &self.sinks.settlements)
    }

    /// Refuses at once what must not reach a method, and spawns the call of everything else.
    pub(crate) fn handle(&mut self, delivered: Box<Delivered>, queue: &Arc<QueuePlan>, mode: Mode) {
        if let Some(served) = &queue.dialect {
            return self.handle_in_dialect(delivered, queue, served, mode);
        }
        let rules = &self.settings.admission;
        let is_foreign = reply_address(&delivered, queue).map(|address| !rules.reply_policy.allows(address));
        let exhausted = queue.dead_letters.as_ref().and_then(|letters| letters.exhausted(&delivered));
        let overflow = queue.overflow_of.as_deref().map(|full| Overflow::read(full, &delivered));
        // Nothing is kept of an ordinary call: it is answered, however it ends.
        let is_kept = match overflow {
            None => is_foreign != Some(false) || exhausted.is_some(),
            Some(overflow) => overflow == Overflow::Rejected,
        };
        let original = if is_kept { self.kept(&delivered, queue) } else { None };
        let Delivered { tag, received_at, .. } = *delivered;
        let is_malformed = delivered.refusal.is_some_and(Refusal::is_malformed);
        if is_malformed {
            self.settings.counters.malformed_requests.add_one();
        }
        let mut request = self.read(delivered, queue);
        let arrival = Arrival { tag, is_malformed, received_at };
        let mut unsettled = Unsettled::new(arrival, &mut request, queue, original, Arc::clone(&self.sinks));
        unsettled.tell(&self.calls_per_message);
        match overflow {
            Some(Overflow::Expired) => return unsettled.drop_expired(),
            Some(Overflow::Rejected) => return unsettled.keep_rejected(),
            Some(Overflow::Full) | None => {}
        }
        if is_foreign == Some(true) {
            self.settings.counters.foreign_reply_addresses.add_one();
            log_foreign_address(queue.name(), unsettled.reply_to().unwrap_or_default());
            return unsettled.refuse_address(method_of(&request, queue));
        }
        if let Some(deliveries) = exhausted {
            return unsettled.refuse_exhausted(queue.name(), deliveries, method_of(&request, queue));
        }
        if let Some(full) = &queue.overflow_of {
            return unsettled.refuse(queue.name(), Fault::queue_full(full), None);
        }
        let delivery = Delivery {
            received_at: arrival.received_at,
            origin: MessageOrigin {
                tag,
                queue: queue.name(),
                reply_to: unsettled.reply_to(),
                is_part: PartTag::of(tag).is_some(),
            },
            // An exclusive queue ends with its connection.
            begun: self.sinks.begun.as_ref().filter(|_| !queue.kind.is_exclusive()),
        };
        match admit(rules, request, &queue.routes, delivery) {
            Ok(mut admitted) => {
                if cluster_lock(admitted.route.method).is_some() {
                    self.mark(&mut admitted.call, queue);
                }
                self.begin(admitted, unsettled, mode);
            }
            Err(refused) => unsettled.refuse(queue.name(), refused.fault, refused.method),
        }
    }

    /// The message as it is kept if it fails. `None` where this server keeps no dead letters of the queue,
    /// and of a message that the transport has cut, where the broker can keep the whole of it.
    fn kept(&self, delivered: &Delivered, queue: &Arc<QueuePlan>) -> Option<Box<KeptMessage>> {
        let dead_letters = queue.dead_letters.as_ref()?;
        let keeps_rejected = dead_letters.is_kept_by_broker && self.sinks.broker_keeps_rejected;
        if delivered.refusal.is_some() && keeps_rejected && !was_dead_lettered(&delivered.properties) {
            return None;
        }
        Some(Box::new(KeptMessage { message: OriginalMessage::of(delivered), queue: Arc::clone(queue) }))
    }

    pub(super) fn read(&self, delivered: Box<Delivered>, queue: &QueuePlan) -> ReceivedRequest {
        let mut request = ReceivedRequest::read(delivered, &self.settings.codecs);
        if queue.kind.is_of_events() {
            // An event has many receivers: if one of them replied, all would.
            request.return_address.reply_to = None;
        }
        request.read_secrets(&self.settings.secrets);
        if let Some(compression) = self.settings.compression {
            request.compress_reply(compression);
        }
        request
    }

    /// Enters the call among those in flight, and spawns it.
    fn begin(&mut self, admitted: Admitted<'_>, mut unsettled: Unsettled, mode: Mode) {
        let Admitted { route, call, runs_once, once } = admitted;
        if self.lock_state == LockState::HandedOver {
            return unsettled.hand_over(route.method, runs_once);
        }
        let deadline = call.context.deadline().filter(|_| call.context.has_caller());
        let guard = self.in_flight.enter(route, runs_once, deadline);
        let is_of_partition = matches!(call.origin, CallOrigin::Partition(_));
        let counted = CountedCall::begin(route.counters.as_ref());
        let admitted = AdmittedCall::new(guard, counted, (runs_once, once)).of_partition(is_of_partition);
        unsettled.admit(route.method, admitted);
        if mode == Mode::Abort {
            // Dropped before it has started: it is requeued, or refused where it would not run again.
            return;
        }
        let Route { service_id, lock, .. } = route;
        let service = OutliveLink::service(route, &self.settings, &self.control_rx);
        let service_id = *service_id;
        if let Some(lock) = lock {
            // In this order the calls of a key have their turns, in whichever order their tasks are polled.
            let (lock, place) = (lock.clone(), lock.arrive());
            let task = LockedTask {
                settings: Arc::clone(&self.settings),
                parking: Arc::clone(&self.parking),
                control_rx: self.control_rx.clone(),
            };
            self.calls.spawn(service_id, task.run(LockedCall { lock, place, service, call, unsettled }));
        } else if may_be_retried(&call, &self.settings) {
            let (settings, control_rx) = (Arc::clone(&self.settings), self.control_rx.clone());
            let retried =
                retry_while_overloaded(unsettled, service, call, Instant::now(), settings, control_rx);
            self.calls.spawn(service_id, async {
                if let Some((unsettled, outcome)) = retried.await {
                    unsettled.finish(outcome);
                }
            });
        } else {
            self.spawn(service, service_id, call, unsettled);
        }
    }

    /// Spawns a call that runs once. Three kinds of tasks, each as small as it can be: there is one for every call.
    fn spawn(
        &mut self,
        service: BoxService,
        service_id: ServiceId,
        call: IncomingCall,
        mut unsettled: Unsettled,
    ) {
        let exposes_panics = self.settings.exposes_panics;
        let limit = self.settings.time_limits.limit_from_now(&call);
        let is_large = LargeBodies::counts(call.body.len());
        match (call.encoding, limit) {
            (None, None) if !is_large => self.calls.spawn(service_id, async move {
                unsettled.start();
                let outcome = run(&service, call, exposes_panics).await;
                unsettled.finish(outcome);
            }),
            (None, Some(limit)) if !is_large => self.calls.spawn(service_id, async move {
                unsettled.start();
                let outcome = run_within(limit, &service, call, exposes_panics).await;
                unsettled.finish(outcome);
            }),
            (encoding, limit) => {
                let settings = Arc::clone(&self.settings);
                self.calls.spawn(service_id, async move {
                    // In the task, not in the worker that all requests of the queue pass: inflating takes its
                    // time.
                    let call = match encoding {
                        None => call,
                        Some(encoding) => match call.inflated(encoding, settings.admission.max_request_bytes)
                        {
                            Ok(call) => call,
                            Err(fault) => return unsettled.finish(Err(fault)),
                        },
                    };
                    let _held = settings.large_bodies.hold(call.body.len()).await;
                    unsettled.start();
                    let outcome = match limit {
                        None => run(&service, call, exposes_panics).await,
                        Some(limit) => run_within(limit, &service, call, exposes_panics).await,
                    };
                    unsettled.finish(outcome);
                });
            }
        }
    }
}

/// The address that a reply would go to. An event has none: it has many receivers, and if one of them
/// replied, all would.
fn reply_address<'d>(delivered: &'d Delivered, queue: &QueuePlan) -> Option<&'d str> {
    let address = delivered.properties.reply_to.as_deref().filter(|address| !address.is_empty());
    address.filter(|_| !queue.kind.is_of_events())
}

/// The sender has chosen the address: the operator decides whether it is a caller's own queue.
fn log_foreign_address(queue: &str, address: &str) {
    let (allowed_by, address) = (code_that_allows(address), loggable_address(address));
    tracing::warn!(
        queue,
        address,
        allowed_by,
        "refused a request with a foreign reply address; if it is a queue of callers, configure the server as \
         `allowed_by` says"
    );
}

pub(super) fn method_of(request: &ReceivedRequest, queue: &QueuePlan) -> Option<&'static MethodDef> {
    let route = queue.routes.find(request.exchange(), &request.routing_key, request.kind.as_deref());
    route.ok().map(|route| route.method)
}
