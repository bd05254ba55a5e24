//! The arguments of a consumer.

use amq_protocol::types::FieldTable;

use super::arguments::{
    QueueKind,
    checks::{self, Check},
    resource,
};
use crate::erlang_term::integer;

const PRIORITY: (&str, Check) = ("x-priority", checks::is_integer);
const CANCEL_ON_FAILOVER: (&str, Check) = ("x-cancel-on-ha-failover", checks::boolean);

/// Returns the consumer's priority, 0 without one. Other arguments are checked, and then ignored.
///
/// # Errors
///
/// RabbitMQ's text of the 406.
pub(crate) fn parse(
    arguments: &FieldTable,
    kind: QueueKind,
    queue: &str,
    vhost: &str,
) -> Result<i64, String> {
    let resource = resource(queue, vhost);
    let (known, foreign): (&[_], &[_]) = match kind {
        QueueKind::Classic => (&[PRIORITY, CANCEL_ON_FAILOVER], &["x-stream-offset"]),
        QueueKind::Quorum => (&[PRIORITY], &["x-cancel-on-ha-failover", "x-stream-offset"]),
        QueueKind::Any => (&[PRIORITY], &[]),
    };
    checks::run(known, arguments, &resource)?;
    if let Some(name) = foreign.iter().find(|name| arguments.contains_key(name)) {
        return Err(format!("invalid arg '{name}' for {resource} of queue type {}", kind.module()));
    }
    Ok(arguments.inner().get(PRIORITY.0).and_then(integer).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use amq_protocol::types::AMQPValue;

    use super::*;

    fn parse_one(name: &str, value: AMQPValue, kind: QueueKind) -> Result<i64, String> {
        let mut arguments = FieldTable::default();
        arguments.insert(name.into(), value);
        parse(&arguments, kind, "q", "/")
    }

    #[test]
    fn a_priority_is_any_integer() {
        assert_eq!(parse(&FieldTable::default(), QueueKind::Classic, "q", "/"), Ok(0));
        assert_eq!(parse_one("x-priority", AMQPValue::LongInt(-7), QueueKind::Classic), Ok(-7));
        assert_eq!(
            parse_one("x-priority", AMQPValue::LongLongInt(i64::MAX), QueueKind::Quorum),
            Ok(i64::MAX)
        );
        assert_eq!(parse_one("x-unknown", AMQPValue::Void, QueueKind::Quorum), Ok(0));
    }

    #[test]
    fn errors_have_rabbitmqs_texts() {
        use QueueKind::{Classic, Quorum};
        let text = || AMQPValue::LongString("x".into());
        let cases = [
            (
                "x-priority",
                text(),
                Classic,
                "invalid arg 'x-priority' for queue 'q' in vhost '/': \"expected integer, got longstr\"",
            ),
            (
                "x-priority",
                AMQPValue::Double(1.0),
                Quorum,
                "invalid arg 'x-priority' for queue 'q' in vhost '/': \"expected integer, got double\"",
            ),
            (
                "x-priority",
                AMQPValue::Timestamp(1),
                Quorum,
                "invalid arg 'x-priority' for queue 'q' in vhost '/': \"expected integer, got timestamp\"",
            ),
            (
                "x-cancel-on-ha-failover",
                text(),
                Classic,
                "invalid arg 'x-cancel-on-ha-failover' for queue 'q' in vhost '/': {unacceptable_type,longstr}",
            ),
            (
                "x-cancel-on-ha-failover",
                AMQPValue::Boolean(true),
                Quorum,
                "invalid arg 'x-cancel-on-ha-failover' for queue 'q' in vhost '/' of queue type rabbit_quorum_queue",
            ),
            (
                "x-stream-offset",
                AMQPValue::LongInt(1),
                Classic,
                "invalid arg 'x-stream-offset' for queue 'q' in vhost '/' of queue type rabbit_classic_queue",
            ),
        ];
        for (name, value, kind, expected) in cases {
            assert_eq!(parse_one(name, value, kind), Err(expected.to_owned()));
        }
    }
}
