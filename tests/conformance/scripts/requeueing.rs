//! Requeued messages: their position, order, and the flag `redelivered`.

scripts! {
    a_requeued_message_returns_to_its_place = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.nack 1 requeue
        a/1 basic.get q
        a/1 basic.reject 2 requeue
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.get q
    "#;

    several_requeued_messages_keep_their_order = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.publish "" q "4"
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.nack 3 multiple requeue
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    requeued_one_by_one_backwards_they_keep_their_order = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.nack 3 requeue
        a/1 basic.nack 1 requeue
        a/1 basic.nack 2 requeue
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    closing_the_channel_requeues_in_order = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.qos 2
        b/1 basic.consume q tag=t
        b/1 channel.close
        wait q 3
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    losing_the_connection_requeues_in_order = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.get q
        b/2 basic.get q
        b drop
        wait q 3
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    a_channel_closed_by_an_error_requeues = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        b/1 basic.get q
        b/1 basic.ack 9
        wait q 1
        a/1 basic.get q no-ack
    "#;

    a_requeued_message_goes_to_the_next_consumer = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=one
        c/1 basic.qos 1
        c/1 basic.consume q tag=two
        a/1 basic.publish "" q "1"
        b/1 basic.nack 1 requeue
        c/1 basic.nack 1 requeue
        b/1 basic.ack 2
    "#;

    deliveries_of_a_lost_connection_go_to_other_consumers = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=one
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        c/1 basic.consume q tag=two
        + b drop
        c/1 expect 2
        c/1 basic.ack 2 multiple
        a/1 queue.declare q passive
    "#;

    recovering_with_requeue_delivers_again = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.consume q tag=t
        a/1 basic.recover requeue
        a/1 basic.ack 3
        a/1 basic.recover-async requeue
        a/1 basic.ack 5
        a/1 queue.declare q passive
    "#;

    what_a_full_consumer_gives_back_is_shared_with_the_others = r#"
        a/1 queue.declare q
        a/1 basic.qos 2
        a/1 basic.consume q tag=first
        b/1 basic.publish "" q "1"
        b/1 basic.publish "" q "2"
        b/1 basic.publish "" q "3"
        b/1 basic.consume q tag=second
        a/1 basic.nack 0 multiple requeue
        a/1 basic.recover requeue
    "#;

    recovering_without_requeue_is_not_implemented = r#"
        a/1 basic.recover
        b/1 basic.recover-async
    "#;

    recovering_without_anything_unacknowledged_is_answered = r#"
        a/1 basic.recover requeue
        a/1 basic.recover-async requeue
    "#;

    a_message_that_was_got_and_lost_is_redelivered = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 channel.close
        wait q 1
        a/1 basic.get q
    "#;

    requeueing_counts_against_no_limit_in_classic_queues = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.nack 1 requeue
        a/1 basic.get q
        a/1 basic.nack 2 requeue
        a/1 basic.get q
        a/1 basic.nack 3 requeue
        a/1 basic.get q
    "#;
}
