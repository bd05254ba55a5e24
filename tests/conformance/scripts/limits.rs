//! Queues of limited length.

scripts! {
    the_oldest_are_dropped_from_the_head = r#"
        a/1 queue.declare q x-max-length=2
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 queue.declare q passive
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    unacknowledged_messages_do_not_count = r#"
        a/1 queue.declare q x-max-length=1
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.publish "" q "2"
        a/1 queue.declare q passive
        a/1 basic.nack 1 requeue
        a/1 queue.declare q passive
        a/1 basic.get q
    "#;

    bytes_of_bodies_are_limited = r#"
        a/1 queue.declare q x-max-length-bytes=10
        a/1 basic.publish "" q "12345"
        a/1 basic.publish "" q "67890"
        a/1 queue.declare q passive
        a/1 basic.publish "" q "x"
        a/1 queue.declare q passive
        a/1 basic.publish "" q "12345678901"
        a/1 queue.declare q passive
    "#;

    the_tighter_of_both_limits_counts = r#"
        a/1 queue.declare q x-max-length=2 x-max-length-bytes=100
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 queue.declare q passive
        a/1 basic.publish "" q size=101
        a/1 queue.declare q passive
    "#;

    rejecting_queues_keep_what_they_have = r#"
        a/1 queue.declare q x-max-length=2 x-overflow=reject-publish
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3" mandatory
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    rejecting_queues_limit_bytes_before_they_are_exceeded_or_after = r#"
        a/1 queue.declare q x-max-length-bytes=5 x-overflow=reject-publish
        a/1 confirm.select
        a/1 basic.publish "" q "1234"
        a/1 basic.publish "" q "123456"
        a/1 basic.publish "" q "x"
        a/1 queue.declare q passive
    "#;

    a_full_rejecting_queue_whose_consumer_waits_takes_more = r#"
        a/1 queue.declare q x-max-length=0 x-overflow=reject-publish
        a/1 confirm.select
        a/1 basic.publish "" q "refused"
        b/1 basic.consume q tag=t no-ack
        a/1 basic.publish "" q "and now"
        a/1 queue.declare q passive
    "#;

    requeueing_into_a_full_rejecting_queue = r#"
        a/1 queue.declare q x-max-length=1 x-overflow=reject-publish
        a/1 confirm.select
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.publish "" q "2"
        a/1 basic.nack 1 requeue
        a/1 queue.declare q passive
        a/1 basic.publish "" q "3"
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    dropping_with_a_consumer_that_is_full = r#"
        a/1 queue.declare q x-max-length=1
        b/1 basic.qos 1
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.ack 1
    "#;
}
