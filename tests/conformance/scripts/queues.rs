//! Declaring, deleting, purging and binding queues.

scripts! {
    declaring_answers_with_the_name_and_counts = r#"
        a/1 queue.declare q
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 queue.declare q passive
        a/1 basic.consume q
        b/1 queue.declare q
    "#;

    a_queue_that_does_not_exist_is_404 = r#"
        a/1 queue.declare nosuch passive
        a/1 basic.get nosuch
        a/1 basic.consume nosuch
        a/1 queue.purge nosuch
        a/1 queue.bind nosuch amq.direct key
    "#;

    deleting_and_unbinding_what_does_not_exist_succeeds = r#"
        a/1 queue.delete nosuch
        a/1 queue.unbind nosuch amq.direct key
        a/1 queue.declare q
        a/1 queue.unbind q nosuch key
        a/1 queue.unbind q amq.direct never-bound
    "#;

    the_broker_generates_names = r#"
        a/1 queue.declare "" exclusive
        a/1 queue.declare "" exclusive
        a/1 basic.publish "" amq.gen-2 "to the second"
        a/1 basic.get amq.gen-2 no-ack
        a/1 basic.consume amq.gen-1
        a/1 basic.publish "" amq.gen-1 "to the first"
    "#;

    no_name_means_the_queue_declared_last_on_the_channel = r#"
        a/1 queue.declare first
        a/1 queue.declare second
        a/1 queue.bind "" amq.direct key
        a/1 basic.publish amq.direct key "x"
        a/1 basic.get "" no-ack
        a/1 basic.publish "" second "y"
        a/1 queue.purge ""
        a/1 basic.consume "" tag=t
        a/1 queue.unbind "" amq.direct key
        a/1 queue.delete ""
    "#;

    no_key_and_no_name_bind_the_last_queue_by_its_name = r#"
        a/1 queue.declare q
        a/1 queue.bind "" amq.direct ""
        a/1 basic.publish amq.direct q "by its name"
        a/1 basic.publish amq.direct "" "by no name"
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
    "#;

    no_name_without_a_queue_declared_is_404 = r#"
        a/1 queue.bind "" amq.direct key
        a/1 basic.consume ""
        a/1 basic.get ""
        a/1 queue.purge ""
        a/1 queue.delete ""
        a/1 queue.unbind "" amq.direct key
        a/1 queue.declare "" passive
    "#;

    a_queue_deleted_since_it_was_declared_last_is_404 = r#"
        a/1 queue.declare q
        a/1 queue.delete q
        a/1 basic.get ""
    "#;

    reserved_names_are_403 = r#"
        a/1 queue.declare amq.mine
        a/1 queue.declare amq.gen-mine
        a/1 queue.declare amq.mine passive
        a/1 queue.declare amq
        a/1 queue.delete amq.mine
    "#;

    deleting_counts_the_messages_and_cancels_the_consumers = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.publish "" q "two"
        b/1 basic.qos 1
        b/1 basic.consume q tag=t
        a/1 queue.delete q
        b/1 basic.ack 1
        a/1 queue.declare q passive
    "#;

    deleting_if_unused_refuses_a_queue_with_consumers = r#"
        a/1 queue.declare q
        b/1 basic.consume q tag=t
        a/1 queue.delete q if-unused
        b/1 basic.cancel t
        a/1 queue.delete q if-unused
    "#;

    deleting_if_empty_refuses_a_queue_with_messages = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 queue.delete q if-empty
        a/1 queue.purge q
        a/1 queue.delete q if-empty
    "#;

    a_queue_with_unacknowledged_messages_alone_counts_as_empty = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        b/1 basic.get q
        a/1 queue.declare q passive
        a/1 queue.delete q if-empty
        b/1 basic.ack 1
    "#;

    used_and_full_queues_refuse_for_being_used = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 basic.publish "" q "two"
        b/1 basic.qos 1
        b/1 basic.consume q
        a/1 queue.delete q if-unused if-empty
    "#;

    purging_counts_what_is_ready = r#"
        a/1 queue.declare q
        a/1 queue.purge q
        a/1 basic.publish "" q "one"
        a/1 basic.publish "" q "two"
        a/1 basic.publish "" q "three"
        a/1 basic.get q
        a/1 queue.purge q
        a/1 queue.declare q passive
        a/1 basic.nack 1 requeue
        a/1 queue.declare q passive
    "#;

    methods_that_do_not_wait_are_not_answered = r#"
        a/1 queue.declare q nowait
        a/1 queue.bind q amq.direct key nowait
        a/1 basic.publish amq.direct key "x"
        a/1 queue.declare q passive
        a/1 queue.purge q nowait
        a/1 queue.declare q passive
        a/1 basic.consume q tag=t nowait
        a/1 basic.publish amq.direct key "y"
        a/1 basic.cancel t nowait
        a/1 queue.declare q passive
        a/1 queue.delete q nowait
        a/1 queue.declare q passive nowait
        a/1 queue.declare q passive
    "#;

    an_auto_delete_queue_is_deleted_with_its_last_consumer = r#"
        a/1 queue.declare q auto-delete
        a/1 basic.consume q tag=one
        a/2 basic.consume q tag=two
        a/1 basic.cancel one
        a/1 queue.declare q passive
        a/2 basic.cancel two
        gone q
        a/1 basic.publish "" q "lost" mandatory
    "#;

    an_auto_delete_queue_stays_before_its_first_consumer = r#"
        a/1 queue.declare q auto-delete
        a/1 basic.publish "" q "one"
        a/1 basic.get q no-ack
        a/1 queue.declare q passive auto-delete
    "#;

    an_auto_delete_queue_is_deleted_with_its_consumers_channel = r#"
        a/1 queue.declare q auto-delete
        b/1 basic.consume q tag=t
        b/1 channel.close
        gone q
    "#;

    binding_twice_delivers_once = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.direct key
        a/1 queue.bind q amq.direct key
        a/1 queue.bind q amq.direct other
        a/1 basic.publish amq.direct key "once"
        a/1 queue.declare q passive
        a/1 queue.unbind q amq.direct key
        a/1 basic.publish amq.direct key "never" mandatory
        a/1 basic.publish amq.direct other "again"
        a/1 queue.declare q passive
    "#;

    binding_to_an_exchange_that_does_not_exist_is_404 = r#"
        a/1 queue.declare q
        a/1 queue.bind q nosuch key
        a/1 queue.bind nosuch nosuch key
    "#;

    the_default_exchange_takes_no_bindings = r#"
        a/1 queue.declare q
        a/1 queue.bind q "" key
        a/1 queue.unbind q "" key
        a/1 queue.unbind q "" q
    "#;

    deleting_a_queue_removes_its_bindings = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.fanout ""
        a/1 queue.delete q
        a/1 queue.declare q
        a/1 basic.publish amq.fanout "" "unbound" mandatory
    "#;

    passive_declaring_ignores_every_attribute = r#"
        a/1 queue.declare q durable
        a/1 queue.declare q passive auto-delete x-max-length=7
    "#;

    line_breaks_are_removed_from_names = r#"
        a/1 queue.declare "two\nlines"
        a/1 queue.declare "twolines" passive
        a/1 exchange.declare "ex\nchange" direct
        a/1 exchange.declare "exchange" direct passive
    "#;
}
