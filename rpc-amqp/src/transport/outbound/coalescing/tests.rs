//! Which messages share one, what is written before and after them, and that the parts are what was queued.

mod limits;
mod properties;

use std::time::Instant;

use super::{
    super::{NotQueued, Outbound, tests::take},
    *,
};
use crate::{encode::write_ack, message::Delivered, test_frames::frames_in, transport::inbound::Parts};
use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic},
    types::{AMQPValue, ShortString},
};

/// A message that was written: its routing key, its properties and its body.
#[derive(Debug)]
struct Written {
    routing_key: String,
    properties: basic::AMQPProperties,
    body: Vec<u8>,
}

impl Written {
    fn content_type(&self) -> Option<&str> {
        self.properties.content_type().as_ref().map(ShortString::as_str)
    }

    fn parts(&self) -> Vec<crate::transport::inbound::Part> {
        let properties = Properties {
            content_type: self.content_type().map(Into::into),
            reply_to: self.properties.reply_to().as_ref().map(|address| address.as_str().into()),
            ..Properties::default()
        };
        Parts::read(&delivered(properties, &self.body)).expect("it has parts").collect()
    }
}

fn delivered(properties: Properties, body: &[u8]) -> Delivered {
    Delivered {
        tag: 1,
        redelivered: false,
        exchange: "".into(),
        routing_key: "key".into(),
        properties,
        body: body.to_vec().into(),
        refusal: None,
        received_at: Instant::now(),
    }
}

/// What was written: messages, and the tags of acknowledgements.
#[derive(Debug)]
enum Said {
    Message(Box<Written>),
    Ack(u64),
}

fn said(bytes: &[u8]) -> Vec<Said> {
    let mut said = Vec::new();
    for frame in frames_in(bytes) {
        match frame {
            AMQPFrame::Method(_, AMQPClass::Basic(basic::AMQPMethod::Publish(publish))) => {
                said.push(Said::Message(Box::new(Written {
                    routing_key: publish.routing_key.to_string(),
                    properties: Default::default(),
                    body: Vec::new(),
                })));
            }
            AMQPFrame::Method(_, AMQPClass::Basic(basic::AMQPMethod::Ack(ack))) => {
                said.push(Said::Ack(ack.delivery_tag));
            }
            AMQPFrame::Header(_, header) => match said.last_mut() {
                Some(Said::Message(message)) => message.properties = header.properties,
                other => panic!("a header follows {other:?}"),
            },
            AMQPFrame::Body(_, part) => match said.last_mut() {
                Some(Said::Message(message)) => message.body.extend(part),
                other => panic!("a body follows {other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    said
}

fn messages(outbound: &Outbound) -> Vec<Written> {
    let of = |said| match said {
        Said::Message(message) => *message,
        Said::Ack(tag) => panic!("{tag} is acknowledged"),
    };
    said(&take(outbound)).into_iter().map(of).collect()
}

/// An outbound queue with open channels, and frames of the usual size.
fn opened() -> Outbound {
    let outbound = super::super::tests::opened();
    outbound.tune(128 * 1024);
    outbound
}

const SHARING: Sharing = Sharing { max_parts: 4, expiration: None, calls_per_message: None, number: 0 };

fn request(id: &str) -> Properties {
    Properties { correlation_id: Some(id.into()), reply_to: Some("replies".into()), ..Properties::default() }
}

/// Queues a message; returns the number of the first one that it shares a message with.
fn queue(
    outbound: &Outbound,
    routing_key: &str,
    properties: &Properties,
    sharing: Sharing,
) -> Result<u64, NotQueued> {
    let part = Part { exchange: "", routing_key, mandatory: false, properties, body: b"body", sharing };
    let mut first = None;
    outbound.publish_part(1, &part, Some(1024 * 1024), |number| first = Some(number))?;
    Ok(first.expect("it is told"))
}

fn plain(outbound: &Outbound, routing_key: &str) {
    let properties = Properties::default();
    let properties = PropertySource::Plain(&properties);
    let message =
        Message { exchange: "", routing_key, mandatory: false, properties, body: BodySource::Copied(b"") };
    outbound.publish(1, &message, None).expect("it is queued");
}

/// Acknowledges with the next write.
fn ack(outbound: &Outbound, tag: u64) {
    outbound.ack(1, tag).expect("it is queued");
}

fn ack_now(outbound: &Outbound, tag: u64) {
    outbound.settle(1, tag, |out| write_ack(out, 1, tag, false)).expect("it is queued");
}

#[test]
fn a_message_alone_is_written_as_it_is() {
    let outbound = opened();
    queue(&outbound, "key", &request("a"), SHARING).unwrap();
    let [alone] = &messages(&outbound)[..] else { panic!("there is one") };
    assert_eq!((alone.content_type(), &*alone.body), (None, &b"body"[..]));
    let announcing = Sharing { calls_per_message: Some(7), ..SHARING };
    let typed =
        Properties { content_type: Some("text/plain".into()), kind: Some("result".into()), ..request("a") };
    queue(&outbound, "key", &typed, announcing).unwrap();
    let [alone] = &messages(&outbound)[..] else { panic!("there is one") };
    let headers = alone.properties.headers().as_ref().expect("it has a header");
    assert_eq!(headers.inner().get(CALLS_PER_MESSAGE).and_then(AMQPValue::as_long_long_int), Some(7));
    assert_eq!(alone.content_type(), Some("text/plain"));
    assert_eq!(alone.properties.kind().as_ref().map(ShortString::as_str), Some("result"));
}

#[test]
fn messages_to_one_address_share_one_up_to_a_number_of_parts() {
    let outbound = opened();
    let numbered = |number| Sharing { number, ..SHARING };
    let firsts: Vec<_> =
        (10..15).map(|number| queue(&outbound, "key", &request("a"), numbered(number)).unwrap()).collect();
    assert_eq!(firsts, [10, 10, 10, 10, 14]);
    assert_eq!(queue(&outbound, "other", &request("b"), numbered(20)).unwrap(), 20);
    let written = messages(&outbound);
    let keys: Vec<_> = written.iter().map(|message| &*message.routing_key).collect();
    assert_eq!(keys, ["key", "key", "other"]);
    assert_eq!(written[0].parts().len(), 4);
    assert_eq!(written[0].properties.correlation_id().as_ref().map(ShortString::as_str), Some("coalesced:a"));
    assert_eq!(written[0].properties.reply_to().as_ref().map(ShortString::as_str), Some("replies"));
    assert!(messages(&outbound).is_empty(), "nothing is written twice");
}

#[test]
fn a_message_expires_with_the_last_of_its_parts_and_what_is_announced_is_equal() {
    let outbound = opened();
    for (calls, expiration) in [(8, 1000), (8, 1100), (4, 1000), (8, 900)] {
        let sharing =
            Sharing { calls_per_message: Some(calls), expiration: Some(expiration), max_parts: 8, number: 0 };
        let expires = Properties { expiration: Some(expiration.to_string().into()), ..request("a") };
        queue(&outbound, "key", &expires, sharing).unwrap();
    }
    let written = messages(&outbound);
    let [together, others @ ..] = &written[..] else { panic!("{written:?}") };
    let headers = together.properties.headers().as_ref().expect("it has a header");
    assert_eq!(headers.inner().get(CALLS_PER_MESSAGE).and_then(AMQPValue::as_long_long_int), Some(8));
    assert_eq!(together.properties.expiration().as_ref().map(ShortString::as_str), Some("1100"));
    let own: Vec<_> = together.parts().into_iter().map(|part| part.properties.expiration.unwrap()).collect();
    assert_eq!(own, ["1000", "1100"]);
    assert!(
        others.len() == 2 && others.iter().all(|other| other.content_type().is_none()),
        "900 is far from 1100"
    );
}

#[test]
fn a_later_message_may_want_fewer_in_one() {
    let outbound = opened();
    for max_parts in [4, 4, 2] {
        queue(&outbound, "key", &request("a"), Sharing { max_parts, ..SHARING }).unwrap();
    }
    assert_eq!(messages(&outbound).len(), 2);
}

#[test]
fn messages_of_other_times_and_priorities_do_not_share() {
    let outbound = opened();
    let expires = |expiration| Sharing { expiration, ..SHARING };
    let urgent = Properties { priority: Some(9), ..request("a") };
    for (properties, expiration) in [
        (request("a"), Some(1000)),
        (request("a"), Some(1200)),
        (request("a"), Some(800)),
        (request("a"), None),
        (urgent, Some(1000)),
    ] {
        queue(&outbound, "key", &properties, expires(expiration)).unwrap();
    }
    assert_eq!(messages(&outbound).len(), 5);
}

#[test]
fn an_acknowledgement_follows_the_messages_that_were_queued_before_it() {
    let outbound = opened();
    queue(&outbound, "replies", &request("a"), SHARING).unwrap();
    ack(&outbound, 1);
    queue(&outbound, "replies", &request("b"), SHARING).unwrap();
    ack(&outbound, 2);
    let written = said(&take(&outbound));
    let [Said::Message(together), Said::Ack(2)] = &written[..] else { panic!("{written:?}") };
    assert_eq!(together.parts().len(), 2);

    queue(&outbound, "replies", &request("a"), SHARING).unwrap();
    ack_now(&outbound, 3);
    // A refusal, which must follow the acknowledgement of its request.
    plain(&outbound, "refused");
    let written = said(&take(&outbound));
    let [Said::Message(_), Said::Ack(3), Said::Message(refusal)] = &written[..] else {
        panic!("{written:?}")
    };
    assert_eq!(refusal.routing_key, "refused");
}

#[test]
fn what_lapin_writes_follows_the_messages_and_their_acknowledgements() {
    let outbound = opened();
    queue(&outbound, "replies", &request("a"), SHARING).unwrap();
    ack(&outbound, 1);
    let heartbeat = [8, 0, 0, 0, 0, 0, 0, 0xCE];
    outbound.write_for_lapin(&heartbeat).expect("it is written");
    let taken = take(&outbound);
    let before = taken.strip_suffix(&heartbeat).expect("it is the last");
    assert!(matches!(said(before)[..], [Said::Message(_), Said::Ack(1)]));
}

#[test]
fn many_addresses_at_once_are_served_in_their_order() {
    let outbound = opened();
    for round in 0..2 {
        for address in 0..40 {
            queue(&outbound, &address.to_string(), &request(&round.to_string()), SHARING).unwrap();
        }
    }
    let written = messages(&outbound);
    let parts: usize = written
        .iter()
        .map(|message| if message.content_type().is_some() { message.parts().len() } else { 1 })
        .sum();
    assert_eq!(parts, 80);
}
