//! The kinds of messages that nobody answers, who receives them, and what each receiver may do.

use crate::{forgetting::Queue, kinds::Repeats};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MessageKind {
    Note,
    NoteAgain,
    NoteOnce,
    /// Its method fails, and it becomes a dead letter.
    NoteRefused,
    NoteQuorum,
    Event,
    EventAgain,
    EventOnce,
}

pub(crate) const MESSAGE_MIX: &[(u64, MessageKind)] = &[
    (20, MessageKind::Note),
    (12, MessageKind::NoteAgain),
    (12, MessageKind::NoteOnce),
    (1, MessageKind::NoteRefused),
    (10, MessageKind::NoteQuorum),
    (25, MessageKind::Event),
    (10, MessageKind::EventAgain),
    (10, MessageKind::EventOnce),
];

/// Who receives messages. All servers are members of the two groups, and one of them listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Post,
    Archive,
    /// A group, for all events.
    Audit,
    /// A group with a quorum queue, for events whose topic begins with `eu`.
    Europe,
    /// A listener, for all events.
    Screen,
}

impl Receiver {
    pub(crate) const ALL: [Self; 5] = [Self::Post, Self::Archive, Self::Audit, Self::Europe, Self::Screen];

    /// `None` for what nothing is kept for.
    pub(crate) fn queue(self) -> Option<Queue> {
        match self {
            Self::Post => Some(Queue::Post),
            Self::Archive => Some(Queue::Archive),
            Self::Audit => Some(Queue::Audit),
            Self::Europe => Some(Queue::Europe),
            Self::Screen => None,
        }
    }
}

impl MessageKind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Note,
        Self::NoteAgain,
        Self::NoteOnce,
        Self::NoteRefused,
        Self::NoteQuorum,
        Self::Event,
        Self::EventAgain,
        Self::EventOnce,
    ];

    pub(crate) fn is_event(self) -> bool {
        matches!(self, Self::Event | Self::EventAgain | Self::EventOnce)
    }

    pub(crate) fn repeats(self) -> Repeats {
        match self {
            Self::NoteAgain | Self::EventAgain => Repeats::Idempotent,
            Self::NoteOnce | Self::EventOnce => Repeats::Never,
            _ => Repeats::Plain,
        }
    }

    pub(crate) fn is_for(self, receiver: Receiver, key: u64) -> bool {
        match receiver {
            Receiver::Post => {
                matches!(self, Self::Note | Self::NoteAgain | Self::NoteOnce | Self::NoteRefused)
            }
            Receiver::Archive => self == Self::NoteQuorum,
            Receiver::Audit | Receiver::Screen => self.is_event(),
            Receiver::Europe => self.is_event() && topic_of(key).starts_with("eu."),
        }
    }

    /// For whom the broker keeps it until they have received it.
    pub(crate) fn lasting_receivers(self, key: u64) -> impl Iterator<Item = Receiver> {
        let lasting = move |receiver: &Receiver| receiver.queue().is_some() && self.is_for(*receiver, key);
        Receiver::ALL.into_iter().filter(lasting)
    }
}

/// What the event of this number is about.
pub(crate) fn topic_of(key: u64) -> &'static str {
    ["eu.de", "us.ny", "eu.fr", "asia"][(key % 4) as usize]
}
