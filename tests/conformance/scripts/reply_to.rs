//! Direct reply-to: replies without a queue.

scripts! {
    a_reply_arrives_without_a_queue = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "question" reply-to=amq.rabbitmq.reply-to correlation-id=c1
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "answer" correlation-id=c1 headers={a=1}
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "another" mandatory
    "#;

    consuming_replies_needs_no_acknowledgements = r#"
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies
    "#;

    consuming_replies_twice_on_a_channel_is_406 = r#"
        c/1 basic.consume amq.rabbitmq.reply-to tag=one no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=two no-ack
    "#;

    each_channel_has_its_own_address = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=one no-ack
        c/2 basic.consume amq.rabbitmq.reply-to tag=two no-ack
        c/1 basic.publish "" requests "1" reply-to=amq.rabbitmq.reply-to
        c/2 basic.publish "" requests "2" reply-to=amq.rabbitmq.reply-to
        s/1 basic.publish "" amq.rabbitmq.reply-to.2 "to the second"
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "to the first"
    "#;

    asking_for_replies_without_a_consumer_is_406 = r#"
        a/1 queue.declare requests
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        c/2 basic.consume amq.rabbitmq.reply-to no-ack tag=t
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        a/1 queue.declare requests passive
    "#;

    a_reply_to_a_lost_requester_is_dropped = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        c connection.close
        s/1 confirm.select
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "too late"
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "too late" mandatory
    "#;

    a_reply_after_cancelling_is_dropped = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        c/1 basic.cancel replies
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "too late"
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
    "#;

    an_address_does_not_survive_its_consumer = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        c/1 basic.cancel replies
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "to the former"
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        s/1 basic.publish "" amq.rabbitmq.reply-to.2 "to the latter"
    "#;

    a_declare_checks_whether_an_address_is_alive = r#"
        s/1 queue.declare requests
        s/1 basic.consume requests tag=requests no-ack
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        unwatch amq.rabbitmq.reply-to.1
        s/1 queue.declare amq.rabbitmq.reply-to.1 passive
        c connection.close
        s/1 queue.declare amq.rabbitmq.reply-to.1 passive
    "#;

    declaring_the_pseudo_queue_does_nothing = r#"
        unwatch amq.rabbitmq.reply-to
        a/1 queue.declare amq.rabbitmq.reply-to
        a/1 queue.declare amq.rabbitmq.reply-to passive
        a/1 queue.declare amq.rabbitmq.reply-to durable exclusive nowait
    "#;

    the_pseudo_queue_cannot_be_used_as_a_queue = r#"
        a/1 basic.get amq.rabbitmq.reply-to
        a/1 queue.bind amq.rabbitmq.reply-to amq.direct key
        a/1 queue.purge amq.rabbitmq.reply-to
        a/1 queue.delete amq.rabbitmq.reply-to
    "#;

    publishing_to_the_pseudo_queue_itself = r#"
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" amq.rabbitmq.reply-to "x" mandatory
    "#;

    a_reply_to_of_another_kind_is_only_a_property = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" reply-to=somewhere
        a/1 basic.get q no-ack
    "#;

    replies_and_deliveries_share_the_channels_numbers = r#"
        s/1 queue.declare requests
        c/1 queue.declare q
        c/1 basic.consume q tag=t
        c/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        c/1 basic.publish "" requests "x" reply-to=amq.rabbitmq.reply-to
        s/1 basic.get requests no-ack
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "1"
        s/1 basic.publish "" q "2"
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "3"
        c/1 basic.ack 2
    "#;

    a_reply_consumer_gets_a_generated_tag = r#"
        c/1 basic.consume amq.rabbitmq.reply-to no-ack
        c/1 basic.consume amq.rabbitmq.reply-to no-ack exclusive
        c/1 basic.consume amq.rabbitmq.reply-to no-ack exclusive nowait tag=t
    "#;
}
