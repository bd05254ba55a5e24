//! Prefetch: the unacknowledged deliveries that a consumer may have.

scripts! {
    a_consumer_holds_as_many_as_its_prefetch = r#"
        a/1 queue.declare q
        b/1 basic.qos 2
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        b/1 basic.ack 1
        b/1 basic.nack 2
        b/1 basic.ack 4 multiple
    "#;

    each_consumer_has_its_own_prefetch = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=one
        b/1 basic.consume q tag=two
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.ack 2
    "#;

    a_new_prefetch_is_for_new_consumers = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=one
        b/1 basic.qos 3
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.consume q tag=two
        a/1 basic.publish "" q "4"
        a/1 basic.publish "" q "5"
    "#;

    zero_is_no_limit = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.qos 0
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
    "#;

    without_acknowledgements_there_is_no_limit = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=t no-ack
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
    "#;

    a_global_prefetch_is_the_channels = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.qos 2 global
        b/1 basic.consume q tag=one
        b/1 basic.consume q tag=two
        b/1 basic.ack 1
        b/1 basic.ack 2
    "#;

    a_global_prefetch_applies_to_consumers_that_are_there = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=t
        b/1 basic.qos 1 global
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        b/1 basic.qos 2 global
        a/1 basic.publish "" q "3"
        b/1 basic.qos 0 global
    "#;

    a_consumer_prefetch_removes_the_global_one = r#"
        a/1 queue.declare q
        b/1 basic.qos 3 global
        b/1 basic.qos 2
        b/1 basic.consume q tag=one
        b/1 basic.consume q tag=two
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        b/1 basic.ack 1
    "#;

    global_and_own_prefetch_both_hold = r#"
        a/1 queue.declare q
        b/1 basic.qos 2
        b/1 basic.qos 3 global
        b/1 basic.consume q tag=one
        b/1 basic.consume q tag=two
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        b/1 basic.ack 1
    "#;

    a_prefetch_size_is_not_implemented = r#"
        a/1 channel.flow true
        a frame 1 1 003c000a00000001000000
    "#;

    requeueing_frees_the_prefetch = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        b/1 basic.nack 1 requeue
        b/1 basic.nack 2
    "#;

    a_prefetch_is_freed_only_by_the_consumers_own_messages = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        b/1 basic.qos 1
        b/1 basic.consume q tag=t
        a/1 basic.publish "" p "other"
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        b/1 basic.get p
        b/1 basic.ack 2
        b/1 basic.ack 1
    "#;
}
