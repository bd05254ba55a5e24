//! Compares an existing queue with a new declaration of it.

use super::{QueueDeclaration, QueueKind, resource};
use crate::{
    inequivalence::{check_arguments, check_property},
    like::Like,
};

/// Returns the difference between a queue and its new declaration, as RabbitMQ's text of the 406; `None`
/// without one. The property exclusive and the validity of the arguments are not checked here, and arguments
/// that the queue type does not know may differ.
pub(crate) fn inequivalence(
    existing: &QueueDeclaration,
    wanted: &QueueDeclaration,
    vhost: &str,
    name: &str,
    like: Like,
) -> Option<String> {
    let resource = resource(name, vhost);
    let kind = QueueKind::of(&existing.arguments, like);
    check_property("durable", &resource, existing.durable, wanted.durable)
        .and_then(|()| check_property("auto_delete", &resource, existing.auto_delete, wanted.auto_delete))
        .and_then(|()| check_arguments(kind.arguments(), &resource, &existing.arguments, &wanted.arguments))
        .err()
}

#[cfg(test)]
mod tests {
    use amq_protocol::types::AMQPValue;

    use super::{
        super::tests::{declaration, int, long, quorum, text},
        *,
    };

    #[test]
    fn a_difference_is_reported_with_rabbitmqs_text() {
        let existing = declaration(&[
            ("x-expires", int(600_000)),
            ("x-message-ttl", int(5)),
            ("x-overflow", text("drop-head")),
        ]);
        let differs = |wanted: &QueueDeclaration| inequivalence(&existing, wanted, "/", "q", Like::default());
        let with = |name: &str, value| {
            let mut wanted = existing.clone();
            wanted.arguments.insert(name.into(), value);
            wanted
        };
        for same in [
            existing.clone(),
            with("x-expires", long(600_000)),
            with("x-queue-type", text("classic")),
            with("x-unknown", int(1)),
            with("x-delivery-limit", int(2)),
        ] {
            assert_eq!(differs(&same), None, "{same:?}");
        }
        let cases = [
            (
                QueueDeclaration { durable: false, auto_delete: true, ..existing.clone() },
                "'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'",
            ),
            (
                QueueDeclaration { auto_delete: true, ..declaration(&[]) },
                "'auto_delete' for queue 'q' in vhost '/': received 'true' but current is 'false'",
            ),
            (
                declaration(&[]),
                "'x-expires' for queue 'q' in vhost '/': received none but current is the value '600000' of type 'signedint'",
            ),
            (
                declaration(&[("x-expires", int(600_000))]),
                "'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '5' of type 'signedint'",
            ),
            (
                with("x-expires", AMQPValue::Double(600_000.0)),
                "'x-expires' for queue 'q' in vhost '/': received '6.0e5' but current is '600000'",
            ),
            (
                with("x-overflow", text("bogus")),
                "'x-overflow' for queue 'q' in vhost '/': received 'bogus' but current is 'drop-head'",
            ),
            (
                with("x-queue-type", text("quorum")),
                "'x-queue-type' for queue 'q' in vhost '/': received the value 'quorum' of type 'longstr' but current is none",
            ),
            (
                with("x-max-length", int(1)),
                "'x-max-length' for queue 'q' in vhost '/': received the value '1' of type 'signedint' but current is none",
            ),
        ];
        for (wanted, expected) in cases {
            assert_eq!(differs(&wanted), Some(format!("inequivalent arg {expected}")));
        }
        let quorum = quorum(&[]);
        let mut wanted = quorum.clone();
        wanted.arguments.insert("x-max-priority".into(), int(1));
        assert_eq!(inequivalence(&quorum, &wanted, "/", "q", Like::default()), None);
        wanted.arguments.insert("x-delivery-limit".into(), int(2));
        wanted.arguments.insert("x-max-length".into(), int(1));
        let text = "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received the value '1' of type 'signedint' but current is none";
        assert_eq!(inequivalence(&quorum, &wanted, "/", "q", Like::default()), Some(text.to_owned()));
    }
}
