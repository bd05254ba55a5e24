//! The deliberate differences of the embedded broker from RabbitMQ, which `rpc-broker/README.md` lists for
//! users.

use amqp_rpc_broker::Like;

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
        script: "consuming/a_cancelled_single_active_consumer_keeps_its_deliveries_and_the_next_goes_on",
        rabbitmq: r#"    b/1 <- basic.cancel-ok first
b/1 basic.ack 1
b/1 basic.nack 2 requeue
    c/1 <- basic.deliver second #1 redelivered ""/"q" "2"
    c/1 <- basic.deliver second #2 ""/"q" "3""#,
        embedded: r#"    b/1 <- basic.cancel-ok first
    c/1 <- basic.deliver second #1 ""/"q" "3"
b/1 basic.ack 1
b/1 basic.nack 2 requeue
    c/1 <- basic.deliver second #2 redelivered ""/"q" "2""#,
        reason: "a classic queue of RabbitMQ delivers what was ready only when something else happens to it",
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

/// A rule of RabbitMQ 4.3 or LavinMQ, by which scripts give other transcripts. `rpc-broker/tests/like` tests each.
struct RuleOfAnother {
    like: Like,
    rule: &'static str,
    scripts: &'static [&'static str],
}

const RULES: &[RuleOfAnother] = &[
    RuleOfAnother {
        like: Like::RabbitMq4_3,
        rule: "a refusal names the permission, and passive declarations need one",
        scripts: &[
            "permissions/configure_is_refused_without_permission",
            "permissions/dead_letters_and_alternates_need_permission_at_declaration",
            "permissions/no_permissions",
            "permissions/read_is_refused_without_permission",
            "permissions/replies_need_no_permission_to_be_received",
            "permissions/the_default_exchange_is_called_amq_default",
            "permissions/write_is_refused_without_permission",
        ],
    },
    RuleOfAnother {
        like: Like::RabbitMq4_3,
        rule: "basic.qos for a whole channel is refused",
        scripts: &[
            "prefetch/a_consumer_prefetch_removes_the_global_one",
            "prefetch/a_global_prefetch_applies_to_consumers_that_are_there",
            "prefetch/a_global_prefetch_is_the_channels",
            "prefetch/global_and_own_prefetch_both_hold",
            "quorum/global_prefetch_and_quorum_queues_do_not_mix",
        ],
    },
    RuleOfAnother {
        like: Like::RabbitMq4_3,
        rule: "basic.nack does not count towards a delivery limit",
        scripts: &["quorum/a_message_delivered_too_often_is_dropped", "quorum/deliveries_are_counted"],
    },
    RuleOfAnother {
        like: Like::RabbitMq4_3,
        rule: "a delivered direct reply counts as routed",
        scripts: &["reply_to/a_reply_arrives_without_a_queue"],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "x-match is all or any",
        scripts: &[
            "routing/headers_modes_that_mean_nothing_are_406",
            "routing/headers_that_begin_with_x_count_only_with_the_x_modes",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "messages expire by a coarse clock, and have a short limit",
        scripts: &[
            "expiring/an_expiration_of_zero_means_now_or_never",
            "expiring/unacknowledged_messages_do_not_expire",
            "expiring/zero_means_now_or_never",
            "publishing/an_expiration_that_is_no_number_is_406",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "a full queue returns mandatory messages, and reject-publish-dlx is drop-head",
        scripts: &[
            "dead_lettering/a_refused_publish_is_dead_lettered_only_when_asked",
            "limits/rejecting_queues_keep_what_they_have",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "there is one type of queue",
        scripts: &[
            "arguments/arguments_that_classic_queues_do_not_support_are_406",
            "arguments/arguments_that_quorum_queues_do_not_support_are_406",
            "arguments/values_that_mean_nothing_are_406",
            "quorum/a_single_active_consumer_s_channel_hands_over_a_quorum_queue_in_order",
            "quorum/deliveries_are_counted",
            "quorum/global_prefetch_and_quorum_queues_do_not_mix",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "the default exchange has the empty name; direct replies and dead-letter exchanges need read",
        scripts: &[
            "permissions/dead_letters_and_alternates_need_permission_at_declaration",
            "permissions/no_permissions",
            "permissions/replies_need_no_permission_to_be_received",
            "permissions/the_default_exchange_is_called_amq_default",
            "permissions/write_is_refused_without_permission",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "a refusal to declare again does not name the difference",
        scripts: &[
            "arguments/an_argument_that_was_not_there_is_406",
            "arguments/declaring_again_with_another_auto_delete_is_406",
            "arguments/declaring_again_with_another_durability_is_406",
            "arguments/each_argument_must_be_equal_when_declaring_again",
            "arguments/each_mode_must_be_equal_when_declaring_again",
            "arguments/several_differences_name_the_first",
            "exchanges/alternate_exchanges_must_be_equal",
            "exchanges/declaring_again_differently_is_406",
            "exchanges/the_predeclared_exchanges_must_be_declared_as_they_are",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "direct reply addresses begin with its own name",
        scripts: &[
            "reply_to/a_declare_checks_whether_an_address_is_alive",
            "reply_to/a_reply_after_cancelling_is_dropped",
            "reply_to/a_reply_to_a_lost_requester_is_dropped",
            "reply_to/an_address_does_not_survive_its_consumer",
            "reply_to/each_channel_has_its_own_address",
            "reply_to/replies_and_deliveries_share_the_channels_numbers",
        ],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "passwords cannot be updated",
        scripts: &["channels/a_secret_can_be_updated_only_where_the_mechanism_has_one"],
    },
    RuleOfAnother {
        like: Like::LavinMq,
        rule: "a delivered direct reply is not returned",
        scripts: &["reply_to/a_reply_arrives_without_a_queue"],
    },
];

/// Scripts that wait for something that does not happen by a rule: RabbitMQ 4.3 does not dead-letter what was
/// only nacked.
const NOT_RUN: &[(Like, &str)] =
    &[(Like::RabbitMq4_3, "quorum/a_message_delivered_too_often_is_dead_lettered")];

/// RabbitMQ 4.3 and LavinMQ, each with the rule by which the script gives another transcript there; `None`
/// where it gives the same.
pub(crate) fn of_likenesses(script: &str) -> impl Iterator<Item = (Like, Option<&'static str>)> {
    let likenesses = [Like::RabbitMq4_3, Like::LavinMq].into_iter();
    likenesses.filter(move |like| !NOT_RUN.contains(&(*like, script))).map(move |like| {
        let rule = RULES.iter().find(|rule| rule.like == like && rule.scripts.contains(&script));
        (like, rule.map(|rule| rule.rule))
    })
}
