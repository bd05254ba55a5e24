//! The settler against a channel that is plain data: any order of completion, any failure, any moment of
//! cancellation.

mod several_calls;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::FutureExt;
use proptest::{collection::vec, prelude::*};
use tokio::sync::oneshot;

use super::*;
use crate::{
    codec::AnyCodec,
    message::{Fault, FaultCode, Reply, ReplyKind},
    server::reply::settlement::ReplyContent,
};

/// A channel with the broker behind it, which checks what it is told.
#[derive(Clone, Default)]
struct FakeChannel(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    /// Delivered, and not settled yet, as the broker sees it.
    unsettled: BTreeSet<u64>,
    /// What the settler was told of each tag.
    fates: BTreeMap<u64, Fate>,
    /// The tags of the requests whose replies were queued.
    replied: BTreeSet<u64>,
    lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Reply,
    /// A reply that promises that the method never runs.
    Refusal,
    /// A reply that AMQP cannot carry.
    Unwritable,
    Ack,
    /// Acknowledged before anything else happens.
    AckNow,
    Reject,
    Requeue,
}

impl FakeChannel {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    fn settle(&self, tag: u64, fates: &[Fate]) -> Result<(), BrokerError> {
        let mut books = self.books();
        if books.lost {
            return Err(lost());
        }
        assert!(books.unsettled.remove(&tag), "{tag} is settled twice, or was never delivered");
        assert!(fates.contains(&books.fates[&tag]), "{tag} was settled as something else");
        Ok(())
    }
}

impl SettlingChannel for FakeChannel {
    /// The tag of the request.
    type AddressedMessage = u64;

    fn address(&self, reply: UnsentReply) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        reply.reply_to.parse().map_err(Into::into)
    }

    fn reply(&self, tag: &u64) -> Result<(), BrokerError> {
        let mut books = self.books();
        if books.lost {
            return Err(lost());
        }
        let is_refusal = books.fates[tag] == Fate::Refusal;
        assert!(!is_refusal || !books.unsettled.contains(tag), "{tag} could still be run");
        assert!(books.replied.insert(*tag), "{tag} is answered twice");
        Ok(())
    }

    fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, &[Fate::Reply, Fate::Ack])?;
        let books = self.books();
        let is_behind_reply = books.fates[&tag] != Fate::Reply || books.replied.contains(&tag);
        assert!(is_behind_reply, "{tag} is acknowledged before its reply");
        Ok(())
    }

    fn ack_now(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, &[Fate::Refusal, Fate::AckNow])
    }

    fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, &[Fate::Reject, Fate::Unwritable])
    }

    fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, &[Fate::Requeue])
    }

    fn parts_settled(&self, delivery: u64, _: u16, _: bool) {
        panic!("delivery {delivery} has one call");
    }
}

fn lost() -> BrokerError {
    BrokerError::new(None, "lost")
}

/// What happens, one after the other.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The call of this tag ends so.
    End(u64, Fate),
    /// The settler gets its turn.
    Poll,
}

/// How a run ends after its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The settler is told to stop.
    Stopped,
    /// The last sender is gone.
    SendersDropped,
    ChannelLost,
    Cancelled,
}

fn steps() -> impl Strategy<Value = (u64, Vec<Step>)> {
    let fate = prop_oneof![
        8 => Just(Fate::Reply),
        2 => Just(Fate::Refusal),
        1 => Just(Fate::Unwritable),
        2 => Just(Fate::Ack),
        1 => Just(Fate::AckNow),
        1 => Just(Fate::Reject),
        1 => Just(Fate::Requeue),
    ];
    (1..60u64).prop_flat_map(move |tags| {
        let order = Just((1..=tags).collect::<Vec<_>>()).prop_shuffle();
        let fates = vec((fate.clone(), any::<bool>()), tags as usize);
        (order, fates).prop_map(move |(order, fates)| {
            let steps = order.into_iter().zip(fates).flat_map(|(tag, (fate, polls))| {
                std::iter::once(Step::End(tag, fate)).chain(polls.then_some(Step::Poll))
            });
            (tags, steps.collect())
        })
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Stopped),
        Just(Ending::SendersDropped),
        Just(Ending::ChannelLost),
        Just(Ending::Cancelled)
    ]
}

fn settlement(tag: u64, fate: Fate) -> Settlement {
    let reply_with = |reply_to: String, outcome| {
        let codec = AnyCodec::JSON;
        let reply_to = reply_to.into();
        Settlement::Reply(Box::new(UnsentReply {
            tag,
            reply_to,
            content: ReplyContent::Own { correlation_id: None, codec, outcome },
            calls_per_message: None,
        }))
    };
    let reply = Reply::new(ReplyKind::Result, "application/json", Bytes::new());
    match fate {
        Fate::Reply => reply_with(tag.to_string(), Ok(reply)),
        Fate::Refusal => reply_with(tag.to_string(), Err(Fault::new(FaultCode::Overloaded, ""))),
        Fate::Unwritable => reply_with("nowhere".into(), Ok(reply)),
        Fate::Ack => Settlement::Ack { tag },
        Fate::AckNow => Settlement::AckNow { tag, acked: oneshot::channel().0 },
        Fate::Reject => Settlement::Reject { tag },
        Fate::Requeue => Settlement::Requeue { tag },
    }
}

proptest! {
    /// The fake channel checks that nothing is acknowledged before its reply, refusals aside,
    /// which are acknowledged before, and that nothing is settled twice, or as what it is not.
    #[test]
    fn whatever_ends_is_settled_once_and_no_slow_call_holds_it_back(
        (tags, steps) in steps(),
        // Calls from this share of the steps on are slow: they do not end.
        share in 0.0..1.2f64,
        ending in ending(),
    ) {
        let channel = FakeChannel::default();
        channel.books().unsettled = (1..=tags).collect();
        let (settlements, to_settle) = mpsc::unbounded_channel();
        let mut settler = Box::pin(settle(channel.clone(), to_settle));
        let mut cx = Context::from_waker(Waker::noop());

        let happened = ((steps.len() as f64 * share) as usize).min(steps.len());
        for step in &steps[..happened] {
            match *step {
                Step::End(tag, fate) => {
                    channel.books().fates.insert(tag, fate);
                    settlements.send(settlement(tag, fate)).unwrap();
                }
                Step::Poll => prop_assert!(settler.poll_unpin(&mut cx).is_pending()),
            }
        }
        match ending {
            Ending::Cancelled => {
                drop(settler);
                return Ok(());
            }
            Ending::ChannelLost => {
                channel.books().lost = true;
                drop(settlements);
                let unsettled = channel.books().unsettled.clone();
                // Without anything left to do it may not notice, but it never settles anything any more.
                let _ = settler.poll_unpin(&mut cx);
                prop_assert_eq!(&channel.books().unsettled, &unsettled);
                return Ok(());
            }
            Ending::Stopped | Ending::SendersDropped => {}
        }
        // Everything is settled at its turn, however slow its neighbours are.
        prop_assert!(settler.poll_unpin(&mut cx).is_pending());
        let slow: BTreeSet<u64> = {
            let books = channel.books();
            (1..=tags).filter(|tag| !books.fates.contains_key(tag)).collect()
        };
        prop_assert_eq!(&channel.books().unsettled, &slow, "all that ended is settled, and nothing else");

        match ending {
            Ending::Stopped => settlements.send(Settlement::Stop).unwrap(),
            _ => drop(settlements),
        }
        prop_assert_eq!(settler.poll_unpin(&mut cx), Poll::Ready(Ok(())));
        prop_assert_eq!(&channel.books().unsettled, &slow);
    }
}

#[test]
fn an_acknowledgement_that_cannot_be_sent_is_no_success() {
    let channel = FakeChannel::default();
    channel.books().unsettled = [1].into();
    channel.books().fates.insert(1, Fate::Reply);
    let (settlements, to_settle) = mpsc::unbounded_channel();
    let mut settler = Box::pin(settle(channel.clone(), to_settle));
    let mut cx = Context::from_waker(Waker::noop());
    settlements.send(settlement(1, Fate::Reply)).unwrap();
    channel.books().lost = true;
    assert_eq!(settler.poll_unpin(&mut cx), Poll::Ready(Err(lost())));
    assert_eq!(channel.books().unsettled, [1].into(), "the broker delivers it again");
}
