//! Publisher confirms and transactions.

scripts! {
    every_publish_is_confirmed_in_turn = r#"
        a/1 confirm.select
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.publish "" q "two" delivery-mode=2
        a/1 basic.publish "" nosuch "three"
        a/1 confirm.select
        a/1 basic.publish "" q "four"
    "#;

    a_return_comes_before_its_confirm = r#"
        a/1 confirm.select nowait
        a/1 basic.publish "" nosuch "x" mandatory
        a/1 basic.publish amq.fanout "" "y" mandatory
    "#;

    publishes_before_confirms_were_selected_are_not_counted = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "not counted"
        a/1 confirm.select
        a/1 basic.publish "" q "the first"
    "#;

    several_at_once_are_all_confirmed = r#"
        a/1 confirm.select
        a/1 queue.declare q
        + a/1 basic.publish "" q "1"
        + a/1 basic.publish "" q "2"
        + a/1 basic.publish "" q "3"
        + a/1 basic.publish "" q "4"
        a/1 basic.publish "" q "5"
        a/1 queue.declare q passive
    "#;

    channels_count_apart = r#"
        a/1 confirm.select
        a/2 confirm.select
        a/1 queue.declare q
        a/1 basic.publish "" q "x"
        a/1 basic.publish "" q "x"
        a/2 basic.publish "" q "x"
        b/1 basic.publish "" q "x"
    "#;

    a_publish_that_closes_the_channel_is_not_confirmed = r#"
        a/1 confirm.select
        a/1 basic.publish nosuch key "x"
        a/1 confirm.select
        a/1 basic.publish "" nosuch "x"
    "#;

    a_message_to_a_full_queue_that_rejects_is_nacked = r#"
        a/1 queue.declare q x-max-length=1 x-overflow=reject-publish
        a/1 confirm.select
        a/1 basic.publish "" q "fits"
        a/1 basic.publish "" q "refused"
        a/1 basic.get q no-ack
        a/1 basic.publish "" q "fits again"
        a/1 basic.get q no-ack
    "#;

    one_full_queue_of_several_nacks = r#"
        a/1 queue.declare q x-max-length=1 x-overflow=reject-publish
        a/1 queue.declare p
        a/1 queue.bind q amq.fanout ""
        a/1 queue.bind p amq.fanout ""
        a/1 confirm.select
        a/1 basic.publish amq.fanout "" "one"
        a/1 basic.publish amq.fanout "" "two"
        a/1 queue.declare q passive
        a/1 queue.declare p passive
    "#;

    a_message_that_a_consumer_takes_at_once_is_confirmed = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=t
        a/1 confirm.select
        a/1 basic.publish "" q "x" delivery-mode=2
        b/1 basic.ack 1
    "#;

    a_message_dropped_at_once_is_confirmed = r#"
        a/1 queue.declare q x-max-length=0
        a/1 queue.declare t x-message-ttl=0
        a/1 confirm.select
        a/1 basic.publish "" q "x"
        a/1 basic.publish "" t "y"
        a/1 queue.declare q passive
        a/1 queue.declare t passive
    "#;

    a_channel_of_confirms_takes_no_transactions = r#"
        a/1 confirm.select
        a/1 tx.select
    "#;

    transactions = r#"
        a/1 tx.select
    "#;

    transactions_that_were_not_selected_are_406 = r#"
        a/1 tx.commit
        a/1 tx.rollback
    "#;
}
