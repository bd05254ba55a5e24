//! What is queued, in which order, and what lapin's frames change.

mod acks;

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic, channel, connection},
};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    encode::{BodySource, FrameBuffer, PropertySource, write_ack},
    message::Properties,
    test_frames::{bytes_of, frames_in},
};

fn channel_method(id: u16, method: channel::AMQPMethod) -> AMQPFrame {
    AMQPFrame::Method(id, AMQPClass::Channel(method))
}

fn close_ok_frame(id: u16) -> AMQPFrame {
    channel_method(id, channel::AMQPMethod::CloseOk(channel::CloseOk {}))
}

fn publish(outbound: &Outbound, channel: u16, body: &[u8], max: Option<usize>) -> Result<(), NotQueued> {
    let properties = Properties::default();
    let message = Message {
        exchange: "",
        routing_key: "queue",
        mandatory: true,
        properties: PropertySource::Plain(&properties),
        body: BodySource::Shared(&Bytes::copy_from_slice(body)),
    };
    outbound.publish(channel, &message, max)
}

pub(super) fn take(outbound: &Outbound) -> Vec<u8> {
    let mut taken = FrameBuffer::default();
    outbound.take(&mut taken);
    outbound.count_written(taken.len());
    taken.to_vec()
}

/// An outbound queue with channels 1 and 2, after the protocol header.
pub(super) fn opened() -> Outbound {
    let outbound = Outbound::default();
    outbound.write_for_lapin(b"AMQP\x00\x00\x09\x01").expect("it is written");
    assert_eq!(take(&outbound), b"AMQP\x00\x00\x09\x01");
    outbound.open(1);
    outbound.open(2);
    outbound
}

fn is_closed(result: Result<(), NotQueued>) -> bool {
    matches!(result, Err(NotQueued::Closed))
}

#[test]
fn nothing_is_queued_behind_a_close_of_its_channel() {
    let close = channel::Close { reply_code: 200, reply_text: "".into(), class_id: 0, method_id: 0 };
    for frame in [channel_method(1, channel::AMQPMethod::Close(close)), close_ok_frame(1)] {
        let outbound = opened();
        publish(&outbound, 1, b"before", None).expect("it is open");
        outbound.write_for_lapin(&bytes_of(&[frame])).expect("it is written");
        assert!(is_closed(publish(&outbound, 1, b"after", None)));
        assert!(is_closed(outbound.settle(1, 7, |out| write_ack(out, 1, 7, false))));
        assert!(is_closed(outbound.ack(1, 8)));
        publish(&outbound, 2, b"other", None).expect("it is open");
        // The number is used again.
        outbound.open(1);
        publish(&outbound, 1, b"again", None).expect("it is open");
        assert_eq!(frames_in(&take(&outbound)).len(), 3 + 1 + 3 + 3);
    }
}

fn close(id: u16) -> Vec<u8> {
    let close = channel::Close { reply_code: 200, reply_text: "".into(), class_id: 0, method_id: 0 };
    bytes_of(&[channel_method(id, channel::AMQPMethod::Close(close))])
}

#[test]
fn a_close_that_crosses_the_broker_s_is_confirmed_on_both_sides() {
    let outbound = opened();
    assert_eq!(frames_in(&close_ok(1)), [close_ok_frame(1)], "it is written as lapin writes it");
    outbound.write_for_lapin(&close(1)).expect("it is written");
    assert!(outbound.cross_close(1), "lapin gets its confirmation at once");
    let frames = frames_in(&take(&outbound));
    assert_eq!(frames.len(), 2, "the broker gets the close, and the confirmation of its own");
    assert_eq!(frames[1], close_ok_frame(1));
    assert!(!outbound.confirm_close(1), "lapin has its confirmation");
    assert!(outbound.confirm_close(1));
}

#[test]
fn a_close_that_comes_after_the_broker_s_is_kept_from_it() {
    let outbound = opened();
    assert!(!outbound.cross_close(1), "lapin has not closed it yet");
    let cancel = basic::Cancel { consumer_tag: "consumer".into(), nowait: false };
    let cancel = AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Cancel(cancel)));
    let bytes = [bytes_of(&[cancel]), close(1)].concat();
    let found = outbound.write_for_lapin(&bytes).expect("it is written");
    assert_eq!((found.to_confirm, found.confirmed), (vec![1], vec![]));
    assert_eq!(frames_in(&take(&outbound)), [close_ok_frame(1)], "nothing is sent on a closed channel");
    // The number is used again.
    outbound.open(1);
    let found = outbound.write_for_lapin(&close(1)).expect("it is written");
    assert!(found.to_confirm.is_empty());
    assert_eq!(frames_in(&take(&outbound)).len(), 1);
    assert!(outbound.confirm_close(1), "lapin waits for it");
}

#[test]
fn what_has_crossed_is_forgotten_with_the_channel() {
    let outbound = opened();
    outbound.write_for_lapin(&close(1)).expect("it is written");
    assert!(outbound.cross_close(1));
    // The broker need not confirm lapin's close.
    outbound.open(1);
    outbound.write_for_lapin(&close(1)).expect("it is written");
    assert!(outbound.confirm_close(1), "lapin waits for it");
}

#[test]
fn lapin_s_confirmation_of_a_close_is_told() {
    let outbound = opened();
    let found = outbound.write_for_lapin(&bytes_of(&[close_ok_frame(2)])).expect("it is written");
    assert_eq!((found.to_confirm, found.confirmed), (vec![], vec![2]));
}

#[test]
fn nothing_but_lapin_s_frames_is_queued_behind_a_close_of_the_connection() {
    let close = connection::Close { reply_code: 200, reply_text: "".into(), class_id: 0, method_id: 0 };
    let close_ok = connection::AMQPMethod::CloseOk(connection::CloseOk {});
    for method in [connection::AMQPMethod::Close(close), close_ok] {
        let outbound = opened();
        let frame = AMQPFrame::Method(0, AMQPClass::Connection(method));
        outbound.write_for_lapin(&bytes_of(std::slice::from_ref(&frame))).expect("it is written");
        assert!(is_closed(publish(&outbound, 1, b"after", None)));
        outbound.write_for_lapin(&bytes_of(&[AMQPFrame::Heartbeat])).expect("it is written");
        assert_eq!(frames_in(&take(&outbound)), [frame, AMQPFrame::Heartbeat]);
        assert_eq!(outbound.lapin_state(), LapinState::Active);
        outbound.leave();
        assert_eq!(outbound.lapin_state(), LapinState::Closed);
    }
}

#[test]
fn lapin_states_the_frame_limit_that_both_sides_agreed_on() {
    let outbound = opened();
    outbound.tune(65_536);
    let tune = |frame_max| {
        let tune = connection::TuneOk { channel_max: 2047, frame_max, heartbeat: 10 };
        AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::TuneOk(tune)))
    };
    outbound.write_for_lapin(&bytes_of(&[tune(4096)]));
    assert_eq!(frames_in(&take(&outbound)), [tune(65_536)]);
    publish(&outbound, 1, &[0; 65_536], None).expect("it is open");
    let sizes: Vec<usize> = frames_in(&take(&outbound))
        .iter()
        .filter_map(|frame| if let AMQPFrame::Body(_, part) = frame { Some(part.len()) } else { None })
        .collect();
    assert_eq!(sizes, [65_528, 8]);
}

#[test]
fn unwritten_messages_fill_the_queue_and_one_may_be_larger_alone() {
    const MAX: usize = 10_000;
    let outbound = opened();
    publish(&outbound, 1, &[0; 2 * MAX], Some(MAX)).expect("it is alone");
    assert!(matches!(publish(&outbound, 1, b"", Some(MAX)), Err(NotQueued::Congested)));
    publish(&outbound, 1, b"", None).expect("there is no limit");

    let mut taken = FrameBuffer::default();
    outbound.take(&mut taken);
    assert_eq!(outbound.unwritten(), taken.len());
    assert!(matches!(publish(&outbound, 1, b"", Some(MAX)), Err(NotQueued::Congested)), "it is not written");
    outbound.count_written(taken.len());
    assert_eq!(outbound.unwritten(), 0);
    publish(&outbound, 1, &[0; MAX / 2], Some(MAX)).expect("all is written");
    publish(&outbound, 1, &[0; MAX / 4], Some(MAX)).expect("both fit");
}

#[test]
fn messages_are_held_back_while_the_broker_wants_it() {
    let outbound = opened();
    outbound.set_flow(1, false);
    assert!(outbound.is_held_back(1) && !outbound.is_held_back(2));
    assert!(matches!(publish(&outbound, 1, b"", Some(1000)), Err(NotQueued::Congested)));
    publish(&outbound, 2, b"", Some(1000)).expect("the other channel is not concerned");
    outbound.settle(1, 7, |out| write_ack(out, 1, 7, false)).expect("acknowledgements are not messages");
    outbound.set_flow(1, true);
    publish(&outbound, 1, b"", Some(1_000_000)).expect("it may be sent again");
}

#[test]
fn after_the_end_nothing_is_kept() {
    let outbound = opened();
    publish(&outbound, 1, &[0; 1000], None).expect("it is open");
    outbound.ack(1, 1).expect("it is open");
    outbound.end();
    assert_eq!(outbound.unwritten(), 0);
    assert!(is_closed(publish(&outbound, 1, b"", None)));
    assert!(outbound.write_for_lapin(b"anything").is_none());
    outbound.leave();
    assert_eq!(outbound.lapin_state(), LapinState::Closed);
}

proptest! {
    /// However lapin's writes are cut, its frames and ours are whole and in the order of their ends.
    #[test]
    fn lapin_s_frames_and_ours_do_not_mix(cuts in vec((0..40usize, any::<bool>()), 1..20)) {
        let outbound = opened();
        let qos = |prefetch_count| basic::Qos { prefetch_count, global: false };
        let lapin: Vec<AMQPFrame> = (0..10u16)
            .map(|count| AMQPFrame::Method(2, AMQPClass::Basic(basic::AMQPMethod::Qos(qos(count)))))
            .collect();
        let bytes = bytes_of(&lapin);
        let (mut rest, mut published) = (&bytes[..], 0);
        for (cut, publishes) in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            rest = later;
            outbound.write_for_lapin(now);
            if publishes {
                publish(&outbound, 1, b"body", None).expect("it is open");
                published += 1;
            }
        }
        outbound.write_for_lapin(rest);
        let frames = frames_in(&take(&outbound));
        let (ours, theirs): (Vec<_>, Vec<_>) = frames.into_iter().partition(|frame| {
            !matches!(frame, AMQPFrame::Method(2, _))
        });
        prop_assert_eq!(theirs, lapin);
        prop_assert_eq!(ours.len(), 3 * published);
        let in_order = ours.chunks(3).all(|message| {
            matches!(message, [AMQPFrame::Method(1, _), AMQPFrame::Header(1, _), AMQPFrame::Body(1, _)])
        });
        prop_assert!(in_order);
    }
}
