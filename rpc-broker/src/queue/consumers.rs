//! The consumers of a queue: turns, priorities, prefetch, single active consumer.

use std::cmp::Reverse;

use amq_protocol::types::ShortString;

use crate::ids::ChannelRef;

/// A subscription to a queue.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) at: ChannelRef,
    pub(crate) tag: ShortString,
    pub(crate) no_ack: bool,
    pub(crate) exclusive: bool,
    pub(crate) priority: i64,
    /// The deliveries that may be unacknowledged; 0 is no limit.
    pub(crate) prefetch: u16,
    pub(crate) unsettled: usize,
    /// Distinguishes it from a later consumer with the same tag.
    pub(crate) id: u64,
    /// Consumers with smaller numbers are next.
    turn: u64,
    /// The consumer could not take a message in its turn. It gets a new turn when it can.
    parked: bool,
}

impl Consumer {
    pub(crate) fn new(
        at: ChannelRef,
        tag: ShortString,
        no_ack: bool,
        exclusive: bool,
        priority: i64,
        prefetch: u16,
    ) -> Self {
        Self { at, tag, no_ack, exclusive, priority, prefetch, unsettled: 0, id: 0, turn: 0, parked: false }
    }

    fn is(&self, at: ChannelRef, tag: &ShortString) -> bool {
        self.at == at && self.tag == *tag
    }

    /// Returns whether its prefetch count allows one more delivery.
    pub(crate) fn has_capacity(&self) -> bool {
        self.no_ack || self.prefetch == 0 || self.unsettled < usize::from(self.prefetch)
    }
}

/// The consumers of one queue, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Consumers {
    all: Vec<Consumer>,
    single_active: bool,
    /// The single active consumer.
    active: Option<(ChannelRef, ShortString)>,
    next_turn: u64,
}

impl Consumers {
    pub(crate) fn new(single_active: bool) -> Self {
        Self { single_active, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.all.iter()
    }

    /// Returns whether one of them is exclusive.
    pub(crate) fn any_exclusive(&self) -> bool {
        self.all.iter().any(|consumer| consumer.exclusive)
    }

    pub(crate) fn is_single_active(&self) -> bool {
        self.single_active
    }

    pub(crate) fn add(&mut self, mut consumer: Consumer) {
        consumer.turn = self.take_turn();
        consumer.id = consumer.turn;
        if self.single_active && self.active.is_none() {
            self.active = Some((consumer.at, consumer.tag.clone()));
        }
        self.all.push(consumer);
    }

    /// Removes a consumer. If it was the active one, the next in turn becomes active.
    pub(crate) fn remove(&mut self, at: ChannelRef, tag: &ShortString) -> Option<Consumer> {
        let index = self.all.iter().position(|consumer| consumer.is(at, tag))?;
        let removed = self.all.remove(index);
        if self.active.as_ref().is_some_and(|(active, name)| removed.is(*active, name)) {
            self.active = self.first_in_turn().map(|next| (self.all[next].at, self.all[next].tag.clone()));
        }
        Some(removed)
    }

    pub(crate) fn by_id(&mut self, id: u64) -> Option<&mut Consumer> {
        self.all.iter_mut().find(|consumer| consumer.id == id)
    }

    /// Gives matching parked consumers a new turn, after all others. Returns whether there were any.
    pub(crate) fn unpark(&mut self, fits: impl Fn(&Consumer) -> bool) -> bool {
        let parked = self.all.iter().enumerate().filter(|(_, consumer)| consumer.parked && fits(consumer));
        let mut resumed: Vec<_> = parked.map(|(index, consumer)| (consumer.turn, index)).collect();
        resumed.sort_unstable(); // the first one parked is the first one resumed
        for (_, index) in &resumed {
            let turn = self.take_turn();
            let consumer = &mut self.all[*index];
            consumer.parked = false;
            consumer.turn = turn;
        }
        !resumed.is_empty()
    }

    /// Chooses the consumer whose turn it is, among those that can take a message, and gives it a new turn.
    /// The others are parked.
    pub(crate) fn next(&mut self, can_take: impl Fn(&Consumer) -> bool) -> Option<&mut Consumer> {
        let index = loop {
            let index = self.candidate()?;
            if self.all[index].has_capacity() && can_take(&self.all[index]) {
                break index;
            }
            self.all[index].parked = true;
        };
        let turn = self.take_turn();
        let chosen = &mut self.all[index];
        chosen.turn = turn;
        Some(chosen)
    }

    fn candidate(&self) -> Option<usize> {
        if !self.single_active {
            return self.first_in_turn();
        }
        let (at, tag) = self.active.as_ref()?;
        self.all.iter().position(|consumer| consumer.is(*at, tag) && !consumer.parked)
    }

    /// Higher priorities come first, then turns. A parked consumer has no turn.
    fn first_in_turn(&self) -> Option<usize> {
        let waiting =
            self.all.iter().enumerate().filter(|(_, consumer)| self.single_active || !consumer.parked);
        waiting
            .min_by_key(|(_, consumer)| (Reverse(consumer.priority), consumer.turn))
            .map(|(index, _)| index)
    }

    fn take_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConnectionId;

    fn at(channel: u16) -> ChannelRef {
        ChannelRef { connection: ConnectionId(1), channel }
    }

    fn consumer(channel: u16, priority: i64) -> Consumer {
        Consumer::new(at(channel), "tag".into(), false, false, priority, 1)
    }

    fn next(consumers: &mut Consumers) -> Option<u16> {
        let chosen = consumers.next(|_| true)?;
        chosen.unsettled += 1;
        Some(chosen.at.channel)
    }

    fn settle(consumers: &mut Consumers, channel: u16) {
        consumers.all.iter_mut().find(|consumer| consumer.at == at(channel)).unwrap().unsettled -= 1;
        consumers.unpark(|consumer| consumer.at == at(channel));
    }

    #[test]
    fn each_consumer_takes_its_turn_and_waits_for_capacity() {
        let mut consumers = Consumers::new(false);
        consumers.add(consumer(1, 0));
        consumers.add(consumer(2, 0));
        assert_eq!(
            [next(&mut consumers), next(&mut consumers), next(&mut consumers)],
            [Some(1), Some(2), None]
        );
        settle(&mut consumers, 2);
        settle(&mut consumers, 1);
        assert_eq!([next(&mut consumers), next(&mut consumers)], [Some(2), Some(1)]);
    }

    #[test]
    fn a_higher_priority_goes_first_while_it_has_capacity() {
        let mut consumers = Consumers::new(false);
        consumers.add(consumer(1, 0));
        consumers.add(consumer(2, 5));
        assert_eq!(
            [next(&mut consumers), next(&mut consumers), next(&mut consumers)],
            [Some(2), Some(1), None]
        );
    }

    #[test]
    fn the_next_consumer_becomes_active_when_the_single_active_one_is_removed() {
        let mut consumers = Consumers::new(true);
        consumers.add(consumer(1, 0));
        consumers.add(consumer(2, 0));
        assert_eq!([next(&mut consumers), next(&mut consumers)], [Some(1), None]);
        consumers.remove(at(1), &"tag".into()).unwrap();
        assert_eq!([next(&mut consumers), next(&mut consumers)], [Some(2), None]);
    }
}
