//! Acknowledging and rejecting: single and multiple tags, unknown tags.

scripts! {
    an_unknown_tag_is_406 = r#"
        a/1 basic.ack 1
        a/1 basic.nack 5
        a/1 basic.reject 7 requeue
        a/1 basic.ack 3 multiple
        a/1 basic.nack 4 multiple requeue
    "#;

    acknowledging_twice_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.get q
        a/1 basic.ack 1
        a/1 basic.ack 1
    "#;

    rejecting_twice_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.get q
        a/1 basic.reject 1
        a/1 basic.nack 1
        a/1 queue.declare q passive
    "#;

    a_tag_of_another_channel_is_unknown = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.get q
        a/2 basic.ack 1
        a/1 basic.ack 1
        a/1 queue.declare q passive
    "#;

    a_tag_of_a_delivery_that_needs_none_is_unknown = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.get q no-ack
        a/1 basic.ack 1
    "#;

    multiple_acknowledges_all_up_to_the_tag = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        a/1 basic.consume q tag=t
        a/1 basic.ack 2
        a/1 basic.ack 3 multiple
        a/1 basic.recover requeue
        a/1 basic.ack 5
    "#;

    tag_zero_with_multiple_is_everything = r#"
        a/1 basic.ack 0 multiple
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.ack 0 multiple
        a/1 basic.ack 0 multiple
        a/1 basic.nack 0 multiple requeue
        a/1 queue.declare q passive
    "#;

    tag_zero_alone_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.ack 0
        a/1 basic.reject 0
        a/1 basic.nack 0 requeue
        a/1 queue.declare q passive
    "#;

    multiple_up_to_a_tag_already_acknowledged = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.consume q tag=t
        a/1 basic.ack 2
        a/1 basic.ack 2 multiple
        a/1 queue.declare q passive
    "#;

    multiple_beyond_the_last_delivery_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.ack 9 multiple
        a/1 queue.declare q passive
    "#;

    rejecting_without_requeue_drops = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.consume q tag=t
        a/1 basic.reject 1
        a/1 basic.nack 3 multiple
        a/1 queue.declare q passive
        a/1 basic.ack 0 multiple
    "#;

    a_reject_is_answered_by_the_next_delivery_to_the_same_consumer = r#"
        a/1 queue.declare q
        a/1 basic.qos 1
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.consume q tag=t
        a/1 basic.reject 1
        a/1 basic.ack 2
    "#;
}
