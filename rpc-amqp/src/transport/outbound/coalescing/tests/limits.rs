//! What is refused, what does not share a message, and what counts as unwritten.

use super::*;
use crate::message::HeaderValue;

#[test]
fn what_waits_for_others_counts_as_unwritten_and_is_gone_with_the_connection() {
    let outbound = opened();
    queue(&outbound, "key", &request("a"), SHARING).unwrap();
    let unwritten = outbound.unwritten();
    assert!(unwritten > 4, "{unwritten}");
    let part = Part {
        exchange: "",
        routing_key: "key",
        mandatory: false,
        properties: &request("b"),
        body: b"body",
        sharing: SHARING,
    };
    let congested = outbound.publish_part(1, &part, Some(unwritten), |_| panic!("it is not queued"));
    assert!(matches!(congested, Err(NotQueued::Congested)));
    outbound.end();
    assert_eq!(outbound.unwritten(), 0);
    assert!(take(&outbound).is_empty());
}

#[test]
fn a_message_that_amqp_cannot_carry_is_refused_and_harms_no_other() {
    let outbound = opened();
    let bad = Properties { app_id: Some("x".repeat(256).into()), ..request("bad") };
    let invalid = |result| matches!(result, Err(NotQueued::Invalid(_)));
    assert!(invalid(queue(&outbound, "key", &bad, SHARING)));
    assert!(invalid(queue(&outbound, &"k".repeat(256), &request("a"), SHARING)));
    assert!(messages(&outbound).is_empty());
    queue(&outbound, "key", &request("a"), SHARING).unwrap();
    assert!(invalid(queue(&outbound, "key", &bad, SHARING)));
    queue(&outbound, "key", &request("b"), SHARING).unwrap();
    let [message] = &messages(&outbound)[..] else { panic!("they share one") };
    assert_eq!(message.parts().len(), 2);
}

#[test]
fn large_messages_and_those_that_the_broker_acts_on_do_not_share() {
    let may_share = |name: Option<&str>, size: usize, max_parts| {
        let headers = name.map(|name| Headers::from_iter([(name, 1)]));
        let properties = Properties { headers, ..Properties::default() };
        let body = vec![0; size];
        let sharing = Sharing { max_parts, ..SHARING };
        Part { exchange: "", routing_key: "", mandatory: true, properties: &properties, body: &body, sharing }
            .may_share()
    };
    assert!(may_share(None, 8 * 1024, 2) && may_share(Some("tenant"), 1, 2));
    assert!(!may_share(None, 8 * 1024 + 1, 2) && !may_share(None, 1, 1));
    assert!(
        !may_share(Some("CC"), 1, 2) && !may_share(Some("BCC"), 1, 2) && !may_share(Some("x-delay"), 1, 2)
    );
    let properties = Properties { headers: Some(Headers::from_iter([("tenant", 1)])), ..request("a") };
    let sharing = Sharing { calls_per_message: Some(8), ..SHARING };
    let announcing =
        Part { exchange: "", routing_key: "", mandatory: false, properties: &properties, body: b"", sharing };
    assert!(!announcing.may_share(), "a header is added to what is encoded");
}

#[test]
fn headers_count_for_the_size_of_a_message() {
    let outbound = opened();
    for _ in 0..3 {
        let headers = Headers::from_iter([("tenant", "x".repeat(40 * 1024))]);
        queue(&outbound, "key", &Properties { headers: Some(headers), ..request("a") }, SHARING).unwrap();
    }
    assert_eq!(messages(&outbound).len(), 3);
}

#[test]
fn parts_have_the_headers_of_the_broker_and_neither_their_own_of_that_kind_nor_others_of_the_message() {
    let mut body = Vec::new();
    let own = Headers::from_iter([("tenant", "acme"), ("x-delivery-count", "9"), ("x-other", "1")]);
    crate::encode::write_part(&mut body, &Properties { headers: Some(own), ..request("a") }, 4096, b"")
        .unwrap();
    let table = |entries: &[(&str, &str)]| {
        HeaderValue::Table(entries.iter().map(|(name, value)| (*name, HeaderValue::from(*value))).collect())
    };
    let long = "x".repeat(256);
    let deaths = [
        table(&[("queue", "gate"), ("reason", "expired"), ("exchange", "other")]),
        table(&[("queue", &long)]),
        HeaderValue::Null,
    ];
    let deaths = deaths.into_iter().chain(std::iter::repeat_n(HeaderValue::Null, 1000));
    let of_message = Headers::from_iter([
        ("x-death", HeaderValue::List(deaths.collect())),
        ("x-first-death-reason", HeaderValue::from(long.clone())),
        ("x-delivery-count", HeaderValue::from(3)),
        ("x-other", HeaderValue::Null),
    ]);
    let properties = Properties {
        content_type: Some(COALESCED.into()),
        headers: Some(of_message),
        ..Properties::default()
    };
    let parts: Vec<_> = Parts::read(&delivered(properties, &body)).unwrap().collect();
    let expected = Headers::from_iter([
        ("tenant", HeaderValue::from("acme")),
        ("x-delivery-count", HeaderValue::from(3)),
        ("x-death", HeaderValue::List(vec![table(&[("queue", "gate"), ("reason", "expired")]), table(&[])])),
    ]);
    assert_eq!(parts[0].properties.headers.as_ref(), Some(&expected));
}

#[test]
fn a_part_without_a_readable_correlation_id_has_no_reply_address() {
    let mut body = Vec::new();
    crate::encode::write_part(&mut body, &request("abc"), 4096, b"").unwrap();
    let position = body.windows(3).position(|bytes| bytes == b"abc").expect("it is there");
    body[position] = 0xff;
    let properties = Properties {
        content_type: Some(COALESCED.into()),
        reply_to: Some("replies".into()),
        ..Properties::default()
    };
    let part = Parts::read(&delivered(properties, &body)).unwrap().next().unwrap();
    assert_eq!((part.properties.reply_to, part.refusal.is_some()), (None, true));
}

#[test]
fn too_many_parts_and_too_large_properties_are_malformed() {
    let read = |body: &[u8]| Parts::read(&delivered(Properties::default(), body)).map(|parts| parts.len());
    let empty = [&2u32.to_be_bytes()[..], &[0, 0], &0u32.to_be_bytes()].concat();
    assert_eq!(read(&empty.repeat(1024)), Ok(1024));
    assert!(read(&empty.repeat(1025)).is_err());
    let large =
        [&(128 * 1024 + 1u32).to_be_bytes()[..], &vec![0; 128 * 1024 + 1], &0u32.to_be_bytes()].concat();
    assert!(read(&large).is_err());
}
