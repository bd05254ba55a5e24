//! The kinds of one-way messages, their receivers, and how often each may run.

use super::{call_kinds::Repeats, queue::Queue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MessageKind {
    Notification,
    IdempotentNotification,
    AtMostOnceNotification,
    /// Its method fails, and it becomes a dead letter.
    FailingNotification,
    QuorumNotification,
    Event,
    IdempotentEvent,
    AtMostOnceEvent,
}

pub(crate) const MESSAGE_MIX: &[(u64, MessageKind)] = &[
    (20, MessageKind::Notification),
    (12, MessageKind::IdempotentNotification),
    (12, MessageKind::AtMostOnceNotification),
    (1, MessageKind::FailingNotification),
    (10, MessageKind::QuorumNotification),
    (25, MessageKind::Event),
    (10, MessageKind::IdempotentEvent),
    (10, MessageKind::AtMostOnceEvent),
];

/// A receiver of messages. All servers are members of the two groups, and one of them has the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Post,
    Archive,
    /// A group, for all events.
    Audit,
    /// A group with a quorum queue, for events whose topic begins with `eu`.
    Europe,
    /// A listener, for all events.
    Listener,
}

impl Receiver {
    pub(crate) const ALL: [Self; 5] = [Self::Post, Self::Archive, Self::Audit, Self::Europe, Self::Listener];

    /// `None` for the listener, for which the broker keeps nothing.
    pub(crate) fn queue(self) -> Option<Queue> {
        match self {
            Self::Post => Some(Queue::Post),
            Self::Archive => Some(Queue::Archive),
            Self::Audit => Some(Queue::Audit),
            Self::Europe => Some(Queue::Europe),
            Self::Listener => None,
        }
    }
}

impl MessageKind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Notification,
        Self::IdempotentNotification,
        Self::AtMostOnceNotification,
        Self::FailingNotification,
        Self::QuorumNotification,
        Self::Event,
        Self::IdempotentEvent,
        Self::AtMostOnceEvent,
    ];

    pub(crate) fn is_event(self) -> bool {
        matches!(self, Self::Event | Self::IdempotentEvent | Self::AtMostOnceEvent)
    }

    pub(crate) fn repeats(self) -> Repeats {
        match self {
            Self::IdempotentNotification | Self::IdempotentEvent => Repeats::Idempotent,
            Self::AtMostOnceNotification | Self::AtMostOnceEvent => Repeats::Never,
            _ => Repeats::Plain,
        }
    }

    pub(crate) fn is_for(self, receiver: Receiver, key: u64) -> bool {
        match receiver {
            Receiver::Post => {
                matches!(
                    self,
                    Self::Notification
                        | Self::IdempotentNotification
                        | Self::AtMostOnceNotification
                        | Self::FailingNotification
                )
            }
            Receiver::Archive => self == Self::QuorumNotification,
            Receiver::Audit | Receiver::Listener => self.is_event(),
            Receiver::Europe => self.is_event() && topic_of(key).starts_with("eu."),
        }
    }

    /// The receivers for which the broker keeps the message until they acknowledge it.
    pub(crate) fn lasting_receivers(self, key: u64) -> impl Iterator<Item = Receiver> {
        let lasting = move |receiver: &Receiver| receiver.queue().is_some() && self.is_for(*receiver, key);
        Receiver::ALL.into_iter().filter(lasting)
    }
}

/// The topic of the event of this number.
pub(crate) fn topic_of(key: u64) -> &'static str {
    ["eu.de", "us.ny", "eu.fr", "asia"][(key % 4) as usize]
}
