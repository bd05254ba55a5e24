//! Declaring, deleting and purging queues.

scripts! {
    declaring_answers_with_the_name_and_counts = r#"
        a/1 queue.declare q
        a/1 queue.declare q
        a/1 basic.publish "" q "one"
        a/1 queue.declare q passive
    "#;

    a_queue_that_does_not_exist_is_404 = r#"
        a/1 queue.declare nosuch passive
        a/1 basic.get nosuch
        a/1 basic.consume nosuch
        a/1 queue.purge nosuch
        a/1 queue.delete nosuch
        a/1 queue.bind nosuch amq.direct key
        a/1 queue.unbind nosuch amq.direct key
    "#;

    the_broker_makes_up_names = r#"
        a/1 queue.declare "" exclusive
        a/1 queue.declare "" exclusive
        a/1 basic.publish "" amq.gen-2 "to the second"
        a/1 basic.get amq.gen-2 no-ack
        a/1 basic.consume amq.gen-1
        a/1 basic.publish "" amq.gen-1 "to the first"
    "#;
}
