//! Quorum queues on one node: delivery counts and delivery limits.

scripts! {
    deliveries_are_counted = r#"
        a/1 queue.declare q durable x-queue-type=quorum
        a/1 confirm.select
        + a/1 basic.publish "" q "1"
        a/1 expect 1
        a/1 basic.qos 1
        + a/1 basic.consume q tag=t
        a/1 expect 2
        + a/1 basic.nack 1 requeue
        a/1 expect 1
        + a/1 basic.reject 2 requeue
        a/1 expect 1
    "#;

    a_message_delivered_too_often_is_dropped = r#"
        a/1 queue.declare q durable x-queue-type=quorum x-delivery-limit=1
        a/1 confirm.select
        + a/1 basic.publish "" q "1"
        a/1 expect 1
        a/1 basic.qos 1
        + a/1 basic.consume q tag=t
        a/1 expect 2
        + a/1 basic.nack 1 requeue
        a/1 expect 1
        a/1 basic.nack 2 requeue
        wait q 0
    "#;

    a_message_delivered_too_often_is_dead_lettered = r#"
        a/1 queue.declare dead
        a/1 queue.declare q durable x-queue-type=quorum x-delivery-limit=1 x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 confirm.select
        + a/1 basic.publish "" q "1"
        a/1 expect 1
        a/1 basic.qos 1
        + a/1 basic.consume q tag=t
        a/1 expect 2
        + a/1 basic.nack 1 requeue
        a/1 expect 1
        a/1 basic.nack 2 requeue
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    a_single_active_consumer_s_channel_hands_over_a_quorum_queue_in_order = r#"
        a/1 queue.declare q durable x-queue-type=quorum x-single-active-consumer=true
        b/1 basic.qos 3
        b/1 basic.consume q tag=first
        c/1 basic.qos 4
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        wait q 0
        a/1 basic.publish "" q "2"
        wait q 0
        a/1 basic.publish "" q "3"
        wait q 0
        b/1 basic.ack 2
        b/1 channel.close
    "#;

    a_cancelled_single_active_consumer_of_a_quorum_queue_keeps_its_deliveries = r#"
        a/1 queue.declare q durable x-queue-type=quorum x-single-active-consumer=true
        b/1 basic.qos 2
        b/1 basic.consume q tag=first
        c/1 basic.qos 4
        c/1 basic.consume q tag=second
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        b/1 basic.cancel first
        b/1 basic.ack 1
    "#;

    global_prefetch_and_quorum_queues_do_not_mix = r#"
        a/1 queue.declare q durable x-queue-type=quorum
        a/1 basic.qos 5 global
        a/1 basic.consume q tag=t
    "#;
}
