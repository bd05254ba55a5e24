//! Deliveries with several calls: settled once, when all their calls are.

use super::*;

/// What was done on the channel, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// To the call with this tag.
    Reply(u64),
    Ack(u64),
    Reject(u64),
    Requeue(u64),
    PartsSettled {
        delivery: u64,
        parts: u16,
        requeued: bool,
    },
}

#[derive(Clone, Default)]
struct Recorder {
    done: Arc<Mutex<Vec<Done>>>,
    /// The deliveries that the broker waits for.
    unsettled: Arc<Mutex<BTreeSet<u64>>>,
}

impl Recorder {
    fn note(&self, done: Done) -> Result<(), BrokerError> {
        self.done.lock().unwrap().push(done);
        Ok(())
    }

    fn settles(&self, delivery: u64) {
        assert!(self.unsettled.lock().unwrap().remove(&delivery), "{delivery} is settled twice, or unknown");
    }

    fn take(&self) -> Vec<Done> {
        std::mem::take(&mut self.done.lock().unwrap())
    }
}

impl SettlingChannel for Recorder {
    type AddressedMessage = u64;

    fn address(&self, reply: UnsentReply) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        reply.reply_to.parse().map_err(Into::into)
    }

    fn reply(&self, tag: &u64) -> Result<(), BrokerError> {
        self.note(Done::Reply(*tag))
    }

    fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        self.settles(tag);
        self.note(Done::Ack(tag))
    }

    fn ack_now(&self, tag: u64) -> Result<(), BrokerError> {
        self.ack(tag)
    }

    fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.settles(tag);
        self.note(Done::Reject(tag))
    }

    fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.settles(tag);
        self.note(Done::Requeue(tag))
    }

    fn parts_settled(&self, delivery: u64, parts: u16, requeued: bool) {
        self.note(Done::PartsSettled { delivery, parts, requeued }).unwrap();
    }
}

fn part(delivery: u64, index: u16) -> u64 {
    PartTag { delivery, index }.tag()
}

/// Deliveries with one to four calls, the fate of each call, and an order in which they end.
fn deliveries() -> impl Strategy<Value = (Vec<Vec<Fate>>, Vec<(u64, u16)>)> {
    let fate = prop_oneof![
        6 => Just(Fate::Reply),
        2 => Just(Fate::Refusal),
        1 => Just(Fate::Unwritable),
        4 => Just(Fate::Ack),
        1 => Just(Fate::Reject),
        1 => Just(Fate::Requeue),
    ];
    vec(vec(fate, 1..5), 1..12).prop_flat_map(|deliveries| {
        let calls = deliveries.iter().zip(1u64..).flat_map(|(fates, delivery)| {
            (0..u16::try_from(fates.len()).unwrap()).map(move |index| (delivery, index))
        });
        let order = Just(calls.collect::<Vec<_>>()).prop_shuffle();
        (Just(deliveries), order)
    })
}

proptest! {
    #[test]
    fn a_delivery_is_settled_once_with_its_last_call((deliveries, order) in deliveries()) {
        let channel = Recorder::default();
        *channel.unsettled.lock().unwrap() = (1..=deliveries.len() as u64).collect();
        let (settlements, to_settle) = mpsc::unbounded_channel();
        let mut settler = Box::pin(settle(channel.clone(), to_settle));
        let mut cx = Context::from_waker(Waker::noop());
        for (fates, delivery) in deliveries.iter().zip(1..) {
            let calls = u16::try_from(fates.len()).unwrap();
            settlements.send(Settlement::Coalesced { delivery, calls }).unwrap();
        }
        let mut left: BTreeMap<u64, usize> =
            deliveries.iter().zip(1..).map(|(fates, delivery)| (delivery, fates.len())).collect();
        for (delivery, index) in order {
            let fates = &deliveries[usize::try_from(delivery).unwrap() - 1];
            let fate = fates[usize::from(index)];
            settlements.send(settlement(part(delivery, index), fate)).unwrap();
            prop_assert!(settler.poll_unpin(&mut cx).is_pending());
            let done = channel.take();
            let left = left.get_mut(&delivery).unwrap();
            *left -= 1;
            // A reply waits for no other call, unless it promises that its call does not run.
            let at_once = Done::Reply(part(delivery, index));
            prop_assert_eq!(fate == Fate::Reply, done.contains(&at_once) && fate != Fate::Refusal);
            if *left > 0 {
                prop_assert!(done.iter().all(|done| matches!(done, Done::Reply(_))), "{:?}", done);
                continue;
            }
            let has = |fate: &[Fate]| fates.iter().any(|of| fate.contains(of));
            let settled = if has(&[Fate::Requeue]) {
                Done::Requeue(delivery)
            } else if has(&[Fate::Reject, Fate::Unwritable]) {
                Done::Reject(delivery)
            } else {
                Done::Ack(delivery)
            };
            let position = done.iter().position(|done| *done == settled);
            prop_assert!(position.is_some(), "{:?} in {:?}", settled, done);
            let requeued = settled == Done::Requeue(delivery);
            let parts = u16::try_from(fates.len()).unwrap();
            let parts_settled = Done::PartsSettled { delivery, parts, requeued };
            prop_assert!(done.contains(&parts_settled));
            // Nobody is told that a call does not run while it may.
            let refusals: Vec<_> = (0..parts)
                .filter(|index| fates[usize::from(*index)] == Fate::Refusal)
                .map(|index| done.iter().position(|done| *done == Done::Reply(part(delivery, index))))
                .collect();
            let is_right = |refusal: &Option<usize>| if requeued { refusal.is_none() } else { *refusal > position };
            prop_assert!(refusals.iter().all(is_right));
        }
        prop_assert!(channel.unsettled.lock().unwrap().is_empty());
    }
}

#[test]
fn a_delivery_whose_calls_run_is_not_acknowledged_with_later_ones() {
    let channel = Recorder::default();
    *channel.unsettled.lock().unwrap() = [1, 2, 3].into();
    let (settlements, to_settle) = mpsc::unbounded_channel();
    let mut settler = Box::pin(settle(channel.clone(), to_settle));
    let mut cx = Context::from_waker(Waker::noop());
    settlements.send(Settlement::Coalesced { delivery: 1, calls: 2 }).unwrap();
    for tag in [part(1, 1), 2, 3] {
        settlements.send(Settlement::Ack { tag }).unwrap();
    }
    assert!(settler.poll_unpin(&mut cx).is_pending());
    assert_eq!(channel.take(), [Done::Ack(2), Done::Ack(3)]);
    settlements.send(Settlement::Ack { tag: part(1, 0) }).unwrap();
    assert!(settler.poll_unpin(&mut cx).is_pending());
    let parts_settled = Done::PartsSettled { delivery: 1, parts: 2, requeued: false };
    assert_eq!(channel.take(), [Done::Ack(1), parts_settled]);
}
