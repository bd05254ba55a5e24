//! Consumers: tags, delivery, cancellation by either side, priorities, turns.

scripts! {
    a_consumer_gets_what_is_there_and_what_comes = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "before"
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "after" headers={a=1}
        a/1 queue.declare q passive
        b/1 basic.ack 2 multiple
    "#;

    the_broker_generates_tags = r#"
        a/1 queue.declare q
        a/1 basic.consume q
        a/1 basic.consume q
        a/1 basic.cancel amq.ctag-1
        a/1 basic.publish "" q "to the second"
    "#;

    a_tag_in_use_closes_the_connection = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=t
        a/2 basic.consume q tag=t
        a/1 basic.consume q tag=t
    "#;

    a_tag_is_free_after_cancelling = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=t
        a/1 basic.cancel t
        a/1 basic.consume q tag=t
        a/1 basic.publish "" q "x"
    "#;

    cancelling_an_unknown_tag_is_answered = r#"
        a/1 basic.cancel nosuch
        a/1 basic.cancel nosuch nowait
        a/1 queue.declare q
        a/1 basic.consume q tag=t
        a/2 basic.cancel t
        a/1 basic.publish "" q "still consumed"
    "#;

    cancelling_keeps_what_was_delivered = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.publish "" q "two"
        a/1 basic.consume q tag=t
        a/1 basic.cancel t
        a/1 basic.publish "" q "three"
        a/1 queue.declare q passive
        a/1 basic.ack 1
        a/1 basic.nack 2 requeue
        a/1 queue.declare q passive
    "#;

    the_broker_cancels_consumers_of_a_deleted_queue = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=one
        b/1 basic.consume q tag=two
        a/1 queue.delete q
        b/1 basic.cancel one
        b/1 queue.declare q
        b/1 basic.consume q tag=two
    "#;

    clients_without_the_capability_get_no_cancel = r#"
        a/1 queue.declare q
        b connect no-capabilities
        b/1 basic.consume q tag=t
        a/1 queue.delete q
        b/1 basic.cancel t
    "#;

    without_acknowledgements_nothing_is_kept = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        b/1 basic.consume q tag=t no-ack
        a/1 basic.publish "" q "two"
        b/1 channel.close
        a/1 queue.declare q passive
    "#;

    consumers_take_turns = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=one
        c/1 basic.consume q tag=two
        d/1 basic.consume q tag=three
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        a/1 basic.publish "" q "5"
        c/1 basic.cancel two
        a/1 basic.publish "" q "6"
        a/1 basic.publish "" q "7"
        a/1 basic.publish "" q "8"
    "#;

    turns_skip_consumers_that_are_full = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=one
        c/1 basic.qos 2
        c/1 basic.consume q tag=two
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        c/1 basic.ack 1
        b/1 basic.ack 1
        a/1 basic.publish "" q "5"
    "#;

    consumers_of_higher_priority_come_first = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=low x-priority=-1
        c/1 basic.qos 1
        c/1 basic.consume q tag=normal
        d/1 basic.qos 1
        d/1 basic.consume q tag=high x-priority=5
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        c/1 basic.ack 1
    "#;

    a_priority_that_is_no_integer_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.consume q x-priority="high"
        a/1 basic.consume q x-priority=1.5d
    "#;

    a_single_active_consumer_is_followed_by_the_next = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.consume q tag=first
        c/1 basic.consume q tag=second
        d/1 basic.consume q tag=third
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        c/1 basic.cancel second
        a/1 basic.publish "" q "3"
        b/1 basic.cancel first
        a/1 basic.publish "" q "4"
        b/1 basic.nack 1 requeue
    "#;

    a_single_active_consumer_that_is_full_is_waited_for = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.qos 1
        b/1 basic.consume q tag=first
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        b/1 basic.ack 1
        b/1 channel.close
        wait q 0
    "#;

    a_single_active_consumer_s_channel_hands_over_in_order = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.qos 3
        b/1 basic.consume q tag=first
        c/1 basic.qos 2
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        b/1 basic.ack 2
        b/1 channel.close
        c/1 basic.ack 1
        c/1 basic.ack 2
        a/1 basic.publish "" q "5"
    "#;

    a_single_active_consumer_s_connection_hands_over_in_order = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.consume q tag=first
        c/1 basic.consume q tag=second
        d/1 basic.consume q tag=third
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b drop
        wait q 0
        c/1 basic.ack 1
        c drop
        wait q 0
    "#;

    a_cancelled_single_active_consumer_keeps_its_deliveries_and_the_next_goes_on = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.qos 2
        b/1 basic.consume q tag=first
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.cancel first
        b/1 basic.ack 1
        b/1 basic.nack 2 requeue
    "#;

    a_requeue_returns_to_the_single_active_consumer = r#"
        a/1 queue.declare q x-single-active-consumer=true
        b/1 basic.qos 2
        b/1 basic.consume q tag=first
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        b/1 basic.nack 1 requeue
    "#;

    single_active_consumers_cannot_be_exclusive = r#"
        a/1 queue.declare q x-single-active-consumer=true
        a/1 basic.consume q tag=t exclusive
    "#;

    no_local_is_ignored = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=t no-local
        a/1 basic.publish "" q "from the same connection"
    "#;

    one_channel_with_two_consumers_numbers_deliveries_across_them = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 basic.consume q tag=q
        a/1 basic.consume p tag=p
        b/1 basic.publish "" p "1"
        b/1 basic.publish "" q "2"
        b/1 basic.publish "" p "3"
        a/1 basic.ack 3 multiple
    "#;
}
