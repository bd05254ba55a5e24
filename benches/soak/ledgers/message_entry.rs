//! The state of a one-way message, packed into eight bytes: a run publishes millions.

use std::sync::atomic::AtomicU64;

use super::{
    message_kinds::{MessageKind, Receiver},
    outcome::PublishOutcome,
};

/// One message in eight bytes. For each of three receivers 17 bits: how often it started, eight; how often
/// from a delivery that is not marked as a redelivery, eight; whether it finished. Then from bit 51 the
/// outcome's code, from 54 the kind, and from 58 one bit for each receiver's dead letters. All ones before
/// the message is made: no kind has that code.
#[derive(Debug)]
pub(super) struct Entry(pub(super) AtomicU64);

pub(super) const PLACE: u32 = 17;
pub(super) const STARTED: u64 = 1;
pub(super) const ANEW: u32 = 8;
pub(super) const FINISHED: u32 = 16;
pub(super) const OUTCOME: u32 = 51;
pub(super) const KIND: u32 = 54;
pub(super) const DEAD_LETTERED: u32 = 58;

/// The receiver's group of bits. No message is for two receivers of one place.
pub(super) fn place(receiver: Receiver) -> u32 {
    match receiver {
        Receiver::Post | Receiver::Archive | Receiver::Audit => 0,
        Receiver::Europe => 1,
        Receiver::Listener => 2,
    }
}

pub(super) fn started(state: u64, receiver: Receiver) -> u64 {
    state >> (PLACE * place(receiver)) & 0xff
}

pub(super) fn anew(state: u64, receiver: Receiver) -> u64 {
    state >> (PLACE * place(receiver) + ANEW) & 0xff
}

pub(super) fn has_finished(state: u64, receiver: Receiver) -> bool {
    state >> (PLACE * place(receiver) + FINISHED) & 1 == 1
}

pub(super) fn is_dead_lettered(state: u64, receiver: Receiver) -> bool {
    state >> (DEAD_LETTERED + place(receiver)) & 1 == 1
}

pub(super) fn outcome(state: u64) -> Option<PublishOutcome> {
    PublishOutcome::ALL.into_iter().find(|outcome| outcome.code() == state >> OUTCOME & 0b111)
}

pub(super) fn kind(state: u64) -> Option<MessageKind> {
    MessageKind::ALL.into_iter().find(|kind| *kind as u64 == state >> KIND & 0xf)
}
