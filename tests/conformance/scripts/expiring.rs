//! Expiry of messages and queues.

scripts! {
    messages_of_a_queue_expire = r#"
        a/1 queue.declare q x-message-ttl=30
        a/1 basic.publish "" q "1"
        wait q 0
        a/1 basic.get q
    "#;

    a_message_can_have_an_expiration = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1" expiration="30"
        wait q 0
        a/1 basic.publish "" q "2"
        a/1 basic.get q
    "#;

    the_lower_of_both_counts = r#"
        a/1 queue.declare short x-message-ttl=30
        a/1 queue.declare long x-message-ttl=60000
        a/1 basic.publish "" short "1" expiration="60000"
        a/1 basic.publish "" long "2" expiration="30"
        wait short 0
        wait long 0
    "#;

    zero_means_now_or_never = r#"
        a/1 queue.declare q x-message-ttl=0
        a/1 basic.publish "" q "nobody is there" mandatory
        a/1 queue.declare q passive
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "delivered at once"
        b/1 basic.nack 1 requeue
        a/1 queue.declare q passive
    "#;

    an_expiration_of_zero_means_now_or_never = r#"
        a/1 queue.declare q
        a/1 confirm.select
        a/1 basic.publish "" q "nobody is there" expiration="0"
        a/1 basic.get q
        b/1 basic.consume q tag=t no-ack
        a/1 basic.publish "" q "delivered at once" expiration="0"
    "#;

    a_message_expires_when_it_comes_to_the_head = r#"
        a/1 queue.declare q
        a/1 queue.declare clock x-message-ttl=60
        a/1 basic.publish "" q "stays"
        a/1 basic.publish "" q "expires behind it" expiration="20"
        a/1 basic.publish "" clock "tick"
        wait clock 0
        a/1 queue.declare q passive
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    messages_that_expired_behind_the_head_are_not_delivered = r#"
        a/1 queue.declare q
        a/1 queue.declare clock x-message-ttl=60
        a/1 basic.publish "" q "head"
        a/1 basic.publish "" q "expired" expiration="20"
        a/1 basic.publish "" q "tail"
        a/1 basic.publish "" clock "tick"
        wait clock 0
        a/1 basic.consume q tag=t no-ack
    "#;

    unacknowledged_messages_do_not_expire = r#"
        a/1 queue.declare q x-message-ttl=30
        a/1 queue.declare clock x-message-ttl=60
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "held"
        a/1 basic.publish "" clock "tick"
        wait clock 0
        b/1 basic.cancel t
        b/1 basic.nack 1 requeue
        wait q 0
    "#;

    an_unused_queue_expires = r#"
        a/1 queue.declare q x-expires=60
        unwatch q
        a/1 basic.publish "" q "publishing is not using"
        unroutable q
        a/1 basic.get q
    "#;

    a_queue_with_a_consumer_does_not_expire = r#"
        a/1 queue.declare q x-expires=1000
        unwatch q
        a/1 basic.consume q tag=t
        a/1 queue.declare clock x-message-ttl=1300
        a/1 basic.publish "" clock "tick"
        wait clock 0
        a/1 basic.publish "" q "still there" mandatory
        a/1 basic.cancel t
        unroutable q
    "#;

    an_expiration_is_kept_on_the_message = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "1" expiration="60000"
        a/1 basic.get q
    "#;
}
