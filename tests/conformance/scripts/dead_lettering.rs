//! Dead letters: their reasons, routing and headers.

scripts! {
    a_rejected_message_is_dead_lettered = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "rejected" correlation-id=c headers={mine=1}
        a/1 basic.publish "" q "nacked"
        a/1 basic.publish "" q "requeued"
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.get q
        a/1 basic.reject 1
        a/1 basic.nack 2
        a/1 basic.nack 3 requeue
        wait dead 2
        a/1 basic.get dead no-ack
        a/1 basic.get dead no-ack
        a/1 queue.declare q passive
    "#;

    an_expired_message_is_dead_lettered = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-message-ttl=30 x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "by the queue"
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    the_expiration_of_a_message_moves_into_x_death = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "by itself" expiration="30"
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    the_expiration_is_removed_after_any_death = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "rejected in time" expiration="60000"
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    a_message_dropped_from_the_head_is_dead_lettered = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-max-length=1 x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        wait dead 2
        a/1 basic.get dead no-ack
        a/1 basic.get dead no-ack
        a/1 queue.declare q passive
    "#;

    a_refused_publish_is_dead_lettered_only_when_asked = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-max-length=1 x-overflow=reject-publish-dlx x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 queue.declare p x-max-length=1 x-overflow=reject-publish x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 confirm.select
        a/1 basic.publish "" q "fits"
        a/1 basic.publish "" q "refused and dead"
        a/1 basic.publish "" p "fits"
        a/1 basic.publish "" p "refused"
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    a_zero_time_to_live_dead_letters = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-message-ttl=0 x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "at once"
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    without_a_dead_letter_routing_key_the_keys_are_kept = r##"
        a/1 exchange.declare dlx direct
        a/1 queue.declare dead
        a/1 queue.bind dead dlx old.key
        a/1 queue.declare q x-dead-letter-exchange=dlx
        a/1 queue.bind q amq.topic "#"
        a/1 basic.publish amq.topic old.key "x" headers={CC=["cc.key"]}
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
    "##;

    with_a_dead_letter_routing_key_cc_is_removed = r#"
        a/1 exchange.declare dlx direct
        a/1 queue.declare dead
        a/1 queue.declare cc
        a/1 queue.bind dead dlx new.key
        a/1 queue.bind cc dlx cc.key
        a/1 queue.declare q x-dead-letter-exchange=dlx x-dead-letter-routing-key=new.key
        a/1 basic.publish "" q "x" headers={CC=["cc.key"], BCC=["bcc.key"]}
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
        a/1 basic.get cc no-ack
    "#;

    a_second_death_for_the_same_reason_is_counted = r#"
        a/1 queue.declare dead x-dead-letter-exchange="" x-dead-letter-routing-key=q
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "x"
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead
        a/1 basic.reject 2
        wait q 1
        a/1 basic.get q
        a/1 basic.reject 3
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    deaths_for_different_reasons_are_separate_entries = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-message-ttl=30 x-dead-letter-exchange="" x-dead-letter-routing-key=p
        a/1 queue.declare p x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "expires, then is rejected"
        wait p 1
        a/1 basic.get p
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    cycles_of_expiry_alone_end = r#"
        a/1 queue.declare p
        a/1 queue.declare q x-message-ttl=20 x-dead-letter-exchange="" x-dead-letter-routing-key=q
        a/1 basic.publish "" q "into itself"
        wait q 0
        a/1 queue.declare q passive
    "#;

    cycles_with_a_rejection_go_on = r#"
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=q
        a/1 basic.publish "" q "into itself"
        a/1 basic.get q
        a/1 basic.reject 1
        wait q 1
        a/1 basic.get q
        a/1 basic.reject 2
        wait q 1
        a/1 basic.get q
    "#;

    a_dead_letter_exchange_that_does_not_exist_drops = r#"
        a/1 queue.declare q x-dead-letter-exchange=nosuch
        a/1 basic.publish "" q "lost"
        a/1 basic.get q
        a/1 basic.reject 1
        a/1 queue.declare q passive
    "#;

    purged_and_deleted_messages_are_not_dead_letters = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "purged"
        a/1 queue.purge q
        a/1 basic.publish "" q "deleted"
        a/1 queue.delete q
        a/1 queue.declare dead passive
    "#;

    dead_letters_keep_the_order_in_which_they_were_delivered = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.publish "" q "3"
        a/1 basic.consume q tag=t
        a/1 basic.nack 3 multiple
        wait dead 3
        a/1 basic.get dead no-ack
        a/1 basic.get dead no-ack
        a/1 basic.get dead no-ack
    "#;

    every_property_survives_death = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "x" content-type="a/b" delivery-mode=2 priority=3 correlation-id=c reply-to=r message-id=m timestamp=1700000000 type=t app-id=p user-id=guest
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
    "#;

    deaths_of_a_republished_message_are_kept = r#"
        a/1 queue.declare dead
        a/1 queue.declare q x-dead-letter-exchange="" x-dead-letter-routing-key=dead
        a/1 basic.publish "" q "x" headers={x-death=[{queue="other", reason="expired", count=3l, exchange="e", routing-keys=["k"]}]}
        a/1 basic.get q
        a/1 basic.reject 1
        wait dead 1
        a/1 basic.get dead no-ack
    "#;
}
