//! The deliberate differences of the embedded broker from RabbitMQ, which `rpc-broker/README.md` lists for
//! users.

struct Difference {
    script: &'static str,
    /// A line of the golden transcript, and the lines of the embedded broker in its place.
    rabbitmq: &'static str,
    embedded: &'static str,
    reason: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        script: "confirms/transactions",
        rabbitmq: "    a/1 <- tx.select-ok",
        embedded: r#"    a <- connection.close 540 "NOT_IMPLEMENTED - transactions: use publisher confirms" class=90 method=10
    a <- end"#,
        reason: "publisher confirms have replaced transactions",
    },
    Difference {
        script: "confirms/a_channel_of_confirms_takes_no_transactions",
        rabbitmq: r#"    a/1 <- channel.close 406 "PRECONDITION_FAILED - cannot switch from confirm to tx mode" class=90 method=10"#,
        embedded: r#"    a <- connection.close 540 "NOT_IMPLEMENTED - transactions: use publisher confirms" class=90 method=10
    a <- end"#,
        reason: "publisher confirms have replaced transactions",
    },
    Difference {
        script: "confirms/transactions_that_were_not_selected_are_406",
        rabbitmq: r#"    a/1 <- channel.close 406 "PRECONDITION_FAILED - channel is not transactional" class=90 method=20"#,
        embedded: r#"    a <- connection.close 540 "NOT_IMPLEMENTED - transactions: use publisher confirms" class=90 method=20
    a <- end"#,
        reason: "publisher confirms have replaced transactions",
    },
    Difference {
        script: "confirms/transactions_that_were_not_selected_are_406",
        rabbitmq: r#"    a/1 <- channel.close 406 "PRECONDITION_FAILED - channel is not transactional" class=90 method=30"#,
        embedded: r#"    a <- connection.close 540 "NOT_IMPLEMENTED - transactions: use publisher confirms" class=90 method=30
    a <- end"#,
        reason: "publisher confirms have replaced transactions",
    },
    Difference {
        script: "malformed/an_unknown_method",
        rabbitmq: "    a <- end",
        embedded: r#"    a <- connection.close 501 "FRAME_ERROR - cannot decode <<>>" class=50 method=255
    a <- end"#,
        reason: "the codec of RabbitMQ crashes on it and sends nothing",
    },
    Difference {
        script: "malformed/a_method_of_an_unknown_class",
        rabbitmq: "    a <- end",
        embedded: r#"    a <- connection.close 501 "FRAME_ERROR - cannot decode <<>>" class=99 method=1
    a <- end"#,
        reason: "the codec of RabbitMQ crashes on it and sends nothing",
    },
    Difference {
        script: "handshake/older_protocol_headers_are_accepted",
        rabbitmq: "    c <- connection.start 8-0 mechanisms=AMQPLAIN+PLAIN locales=en_US capabilities={}",
        embedded: "    c <- protocol-header 0.9.1",
        reason: "AMQP 0-8 is no longer used",
    },
];

/// Applies the deliberate differences to a golden transcript.
pub(crate) fn expected_of_the_embedded_broker(script: &str, golden: &str) -> String {
    let mut expected = golden.to_owned();
    for difference in DIFFERENCES.iter().filter(|difference| difference.script == script) {
        let Difference { rabbitmq, embedded, reason, .. } = difference;
        assert!(expected.contains(rabbitmq), "{script} no longer has {rabbitmq:?} ({reason})");
        expected = expected.replacen(rabbitmq, embedded, 1);
    }
    expected
}
