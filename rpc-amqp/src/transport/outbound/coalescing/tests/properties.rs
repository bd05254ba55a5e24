//! Any messages and any bytes.

use proptest::{collection::vec, prelude::*};

use super::*;

proptest! {
    #[test]
    fn the_parts_are_the_messages_that_were_queued(
        bodies in vec(vec(any::<u8>(), 0..3000), 1..60), max_parts in 2..70usize, frame_max in 4096..200_000u32,
    ) {
        let outbound = opened();
        outbound.tune(frame_max);
        for (index, body) in bodies.iter().enumerate() {
            let properties = Properties { app_id: Some("shop".into()), ..request(&index.to_string()) };
            let sharing = Sharing { max_parts, ..SHARING };
            let part =
                Part { exchange: "", routing_key: "key", mandatory: true, properties: &properties, body, sharing };
            outbound.publish_part(1, &part, None, |_| ()).unwrap();
        }
        let mut read = Vec::new();
        for message in messages(&outbound) {
            if message.content_type().is_none() {
                let id = message.properties.correlation_id().as_ref().map(ShortString::to_string);
                read.push((id.unwrap(), message.body));
                continue;
            }
            prop_assert!(message.body.len() <= MAX_COALESCED_BYTES);
            let parts = message.parts();
            prop_assert!(parts.len() <= max_parts);
            for part in parts {
                prop_assert_eq!(part.refusal, None);
                read.push((part.properties.correlation_id.unwrap().to_string(), part.body.to_vec()));
            }
        }
        let expected: Vec<_> =
            bodies.into_iter().enumerate().map(|(index, body)| (index.to_string(), body)).collect();
        prop_assert_eq!(read, expected);
    }

    /// Never a panic, and never more parts than the limit.
    #[test]
    fn any_bytes_are_parts_or_malformed(body in vec(any::<u8>(), 0..200)) {
        let properties = Properties { content_type: Some(COALESCED.into()), ..Properties::default() };
        if let Ok(parts) = Parts::read(&delivered(properties, &body)) {
            let count = parts.len();
            prop_assert_eq!(parts.count(), count);
        }
    }

    #[test]
    fn mutated_parts_are_parts_or_malformed(position in 0..10_000usize, byte: u8, cut in 0..400usize) {
        let mut body = Vec::new();
        for id in ["a", "b", "c"] {
            crate::encode::write_part(&mut body, &request(id), 4096, id.as_bytes()).unwrap();
        }
        let position = position % body.len();
        body[position] = byte;
        body.truncate(body.len().saturating_sub(cut % (body.len() + 1)));
        let properties = Properties { content_type: Some(COALESCED.into()), ..Properties::default() };
        if let Ok(parts) = Parts::read(&delivered(properties, &body)) {
            let count = parts.len();
            prop_assert_eq!(parts.count(), count);
        }
    }
}
