//! Channels and the connection: opened, stopped and closed, and what is confirmed on them.

use std::{sync::Arc, time::Instant};

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic, channel, connection},
};

use super::{
    method,
    passage::{LIMIT, Parsed, addressed, basic_method, bytes_of, content, frames_in, pass, pass_on},
};
use crate::{
    encode::{BodySource, Message, PropertySource},
    error::BrokerError,
    message::{ConfirmOutcome, Properties},
    transport::{
        channels::{Channels, closed},
        inbound::Parser,
        outbound::Outbound,
    },
};

#[test]
fn a_message_to_a_consumer_that_is_gone_is_discarded() {
    let mut frames = content(1, 7, addressed(), b"delivered");
    let cancelled = basic::CancelOk { consumer_tag: "consumer".into() };
    frames.push(basic_method(1, basic::AMQPMethod::CancelOk(cancelled)));
    frames.extend(content(1, 8, addressed(), &[0; 3000]));
    frames.extend(content(2, 1, addressed(), b"other"));
    for pieces in [1, 50, 100_000] {
        let mut parsed = pass(&bytes_of(&frames), &[pieces]);
        assert_eq!(parsed.delivery().body, "delivered");
        assert_eq!(parsed.deliveries(2)[0].body, "other");
        assert_eq!(frames_in(&parsed.for_lapin).len(), 1, "lapin gets what cancels it");
    }
}

#[test]
fn a_channel_closed_in_the_middle_of_a_message_ends_its_consumer_with_the_broker_s_words() {
    let close =
        channel::Close { reply_code: 406, reply_text: "UNKNOWN_TAG".into(), class_id: 60, method_id: 80 };
    let close = AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    let message = content(1, 8, addressed(), &[7; 250]);
    for before in 0..=message.len() {
        let mut frames = message[..before].to_vec();
        frames.push(close.clone());
        frames.extend(content(2, 1, addressed(), b"other"));
        let mut parsed = pass(&bytes_of(&frames), &[33]);
        let channel = parsed.channels.get(1).expect("lapin has not handled it");
        assert!(!channel.is_open());
        let mut received = parsed.received(1);
        assert!(received.iter().all(Result::is_ok), "it is told when lapin has handled it");
        parsed.channels.end_channel(1, &closed());
        received.extend(parsed.received(1));
        let error = received.pop().expect("it is told").expect_err("the channel is closed");
        assert_eq!((error.code(), error.message()), (Some(406), "UNKNOWN_TAG"));
        assert_eq!(received.len(), usize::from(before == message.len()), "only a whole message is delivered");
        assert_eq!(parsed.deliveries(2)[0].body, "other");
        assert!(parsed.channels.get(1).is_none() && parsed.channels.get(2).is_some());
        assert_eq!(frames_in(&parsed.for_lapin).len(), 1);
    }
}

#[test]
fn a_channel_that_we_are_closing_is_not_closed_by_the_broker_for_lapin() {
    let text = "ACCESS_REFUSED - to exchange";
    let close = channel::Close { reply_code: 403, reply_text: text.into(), class_id: 0, method_id: 0 };
    let close = AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    let channels = Arc::new(Channels::new(Arc::new(Outbound::default())));
    drop(pass_on(Arc::clone(&channels), b"", &[1]));
    let channel = channels.get(1).expect("it is open");
    let mut consumer = channel.add_consumer("of the rest");
    let dropped = Arc::new(());
    channel.close(Box::new(Arc::clone(&dropped)));
    assert_eq!(Arc::strong_count(&dropped), 1, "lapin closes it now");

    let mut parser = Parser::new(Arc::default(), Arc::clone(&channels), LIMIT, 0);
    let mut for_lapin = Vec::new();
    parser.parse(&mut bytes_of(&[close]), Instant::now(), &mut for_lapin).expect("it is valid");
    assert!(for_lapin.is_empty(), "lapin gets its confirmation when it has closed the channel");
    let error = consumer.try_recv().expect("it is told").expect_err("it is closed");
    assert_eq!((error.code(), error.message()), (Some(403), text));
    assert!(channels.get(1).is_none());
}

#[test]
fn what_is_dropped_while_the_broker_closes_the_channel_is_kept_until_lapin_has_handled_it() {
    let close = channel::Close { reply_code: 406, reply_text: "".into(), class_id: 0, method_id: 0 };
    let close = AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    let parsed = pass(&bytes_of(&[close]), &[100]);
    let channel = parsed.channels.get(1).expect("lapin has not handled it");
    let (of_channel, of_consumer) = (Arc::new(()), Arc::new(()));
    channel.release(Box::new(Arc::clone(&of_consumer)));
    channel.close(Box::new(Arc::clone(&of_channel)));
    assert_eq!((Arc::strong_count(&of_channel), Arc::strong_count(&of_consumer)), (2, 2));
    parsed.channels.end_channel(1, &closed());
    assert_eq!((Arc::strong_count(&of_channel), Arc::strong_count(&of_consumer)), (1, 1));
    channel.release(Box::new(Arc::clone(&of_consumer)));
    assert_eq!(Arc::strong_count(&of_consumer), 1);
}

#[test]
fn a_connection_closed_in_the_middle_of_a_message_ends_all_consumers() {
    let close = connection::Close {
        reply_code: 320,
        reply_text: "CONNECTION_FORCED".into(),
        class_id: 0,
        method_id: 0,
    };
    let mut frames = content(1, 8, addressed(), &[7; 250]);
    frames.truncate(3);
    frames.push(method(connection::AMQPMethod::Close(close)));
    let mut parsed = pass(&bytes_of(&frames), &[7]);
    for channel in [1, 2] {
        let received = parsed.received(channel);
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].as_ref().expect_err("it is closed").code(), Some(320));
    }
    assert!(parsed.channels.has_ended());
}

#[test]
fn a_channel_that_is_opened_or_closed_twice_leaves_nobody_waiting() {
    let opened = AMQPFrame::Method(1, AMQPClass::Channel(channel::AMQPMethod::OpenOk(channel::OpenOk {})));
    let mut parsed = pass(&bytes_of(&[opened]), &[100]);
    assert!(parsed.received(1)[0].is_err(), "the consumer of the first one is told");

    let close = channel::Close { reply_code: 406, reply_text: "".into(), class_id: 0, method_id: 0 };
    let close = AMQPFrame::Method(2, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    let mut parsed = pass(&bytes_of(&[close.clone(), close]), &[100]);
    assert_eq!(frames_in(&parsed.for_lapin).len(), 1, "lapin gets the first one");
    parsed.channels.end_channel(2, &closed());
    assert_eq!(parsed.received(2).len(), 1);
    assert_eq!(parsed.channels.outbound().unwritten(), 0, "lapin confirms it, and only once");
}

#[test]
fn confirms_reach_those_who_published() {
    let channels = Arc::new(Channels::new(Arc::new(Outbound::default())));
    drop(pass_on(Arc::clone(&channels), b"", &[1]));
    let channel = channels.get(1).expect("it is open");
    let properties = Properties::default();
    let message = Message {
        exchange: "",
        routing_key: "queue",
        mandatory: false,
        properties: PropertySource::Plain(&properties),
        body: BodySource::Copied(b""),
    };
    let mut confirms: Vec<_> =
        (0..4).map(|_| channel.publish_confirmed(&message, true).expect("it is queued").1).collect();
    channels.set_flow(1, false);
    assert!(channel.publish_confirmed(&message, true).is_err(), "it is held back, and not numbered");
    assert_eq!(channel.last_number(), 4);
    let ack = basic::Ack { delivery_tag: 2, multiple: true };
    let nack = basic::Nack { delivery_tag: 3, multiple: false, requeue: false };
    let frames =
        [basic_method(1, basic::AMQPMethod::Ack(ack)), basic_method(1, basic::AMQPMethod::Nack(nack))];
    // On the same channels, without opening them again.
    let findings = Arc::default();
    let mut parser = Parser::new(findings, Arc::clone(&channels), LIMIT, 0);
    let mut for_lapin = Vec::new();
    parser.parse(&mut bytes_of(&frames), Instant::now(), &mut for_lapin).expect("it is valid");
    assert!(for_lapin.is_empty());
    let outcomes: Vec<_> = confirms.iter_mut().map(|confirm| confirm.try_recv().ok()).collect();
    let (acked, nacked) = (Some(Ok(ConfirmOutcome::Acked)), Some(Ok(ConfirmOutcome::Nacked)));
    assert_eq!(outcomes, [acked.clone(), acked, nacked, None]);

    let unknown = basic::Ack { delivery_tag: 5, multiple: false };
    let refused = parser.parse(
        &mut bytes_of(&[basic_method(1, basic::AMQPMethod::Ack(unknown))]),
        Instant::now(),
        &mut for_lapin,
    );
    let error = refused.expect_err("later confirms would be missed").to_string();
    assert!(error.contains("not published"), "{error}");
}

#[test]
fn lapin_is_told_a_small_frame_limit_and_ours_is_the_lower_of_both_sides() {
    for (ours, theirs, agreed) in [
        (0, 131_072, 131_072),
        (8192, 131_072, 8192),
        (131_072, 8192, 8192),
        (8192, 0, 8192),
        (0, 0, 16 * 1024 * 1024),
        (0, u32::MAX, 16 * 1024 * 1024),
        (0, 100, 4096),
    ] {
        let channels = Arc::new(Channels::new(Arc::new(Outbound::default())));
        let mut parser = Parser::new(Arc::default(), Arc::clone(&channels), LIMIT, ours);
        let tune = connection::Tune { channel_max: 2047, frame_max: theirs, heartbeat: 60 };
        let mut for_lapin = Vec::new();
        let mut bytes = bytes_of(&[method(connection::AMQPMethod::Tune(tune.clone()))]);
        parser.parse(&mut bytes, Instant::now(), &mut for_lapin).expect("it is valid");
        let told = connection::Tune { frame_max: 4096, ..tune };
        assert_eq!(frames_in(&for_lapin), [method(connection::AMQPMethod::Tune(told))]);
        assert_eq!(channels.outbound().frame_max(), agreed);
    }
}

#[test]
fn a_blocked_connection_is_recorded_with_its_reason() {
    let blocked = connection::Blocked { reason: "low on memory".into() };
    let mut bytes = bytes_of(&[method(connection::AMQPMethod::Blocked(blocked))]);
    let reason = bytes.windows(6).position(|window| window == b"memory").unwrap();
    bytes[reason] = 0xff;
    let Parsed { for_lapin, findings, .. } = pass(&bytes, &[3]);
    assert_eq!(frames_in(&for_lapin).len(), 1, "lapin gets it as well");
    assert_eq!(findings.blocked().as_deref(), Some("low on ?emory"));

    bytes.extend(bytes_of(&[method(connection::AMQPMethod::Unblocked(connection::Unblocked {}))]));
    let Parsed { for_lapin, findings, .. } = pass(&bytes, &[3]);
    assert_eq!(frames_in(&for_lapin).len(), 2);
    assert_eq!(findings.blocked(), None);
}

#[test]
fn a_channel_that_is_closed_for_lack_of_disk_is_recorded_with_the_broker_s_words() {
    let close = |code, text: &str| {
        let close = channel::Close { reply_code: code, reply_text: text.into(), class_id: 60, method_id: 40 };
        AMQPFrame::Method(3, AMQPClass::Channel(channel::AMQPMethod::Close(close)))
    };
    let low = "PRECONDITION_FAILED - Server low on disk space";
    for (code, text, expected) in
        [(406, low, Some(low)), (403, low, None), (406, "PRECONDITION_FAILED", None)]
    {
        let parsed = pass(&bytes_of(&[close(code, text)]), &[5]);
        assert_eq!(frames_in(&parsed.for_lapin).len(), 1, "lapin gets it as well");
        assert_eq!(parsed.findings.low_on_disk().map(BrokerError::message), expected);
    }
}

#[test]
fn consumers_of_a_channel_have_short_tags_of_their_own() {
    let channels = Channels::new(Arc::new(Outbound::default()));
    channels.open(1);
    let channel = channels.get(1).expect("it is open");
    let tags = [channel.next_consumer_tag(), channel.next_consumer_tag()];
    assert_ne!(tags[0], tags[1]);
    assert!(tags.iter().all(|tag| tag.len() <= 16), "every delivery carries its tag: {tags:?}");
}
