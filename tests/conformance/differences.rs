//! Where the embedded broker differs from RabbitMQ on purpose; `rpc-broker/README.md` tells its users.

struct Difference {
    script: &'static str,
    /// A line of the golden transcript, and what the embedded broker says in its place.
    rabbitmq: &'static str,
    embedded: &'static str,
    reason: &'static str,
}

const DIFFERENCES: &[Difference] = &[];

/// The golden transcript with the deliberate differences of that script.
pub(crate) fn expected_of_the_embedded_broker(script: &str, golden: &str) -> String {
    let mut expected = golden.to_owned();
    for difference in DIFFERENCES.iter().filter(|difference| difference.script == script) {
        let Difference { rabbitmq, embedded, reason, .. } = difference;
        assert!(expected.contains(rabbitmq), "{script} has no {rabbitmq:?} any more ({reason})");
        expected = expected.replacen(rabbitmq, embedded, 1);
    }
    expected
}
