//! Exclusive queues belong to the connection that declared them.

scripts! {
    other_connections_are_refused_with_405 = r#"
        a/1 queue.declare q exclusive
        b/1 queue.declare q exclusive
        b/1 queue.declare q
        b/1 queue.declare q passive
        b/1 basic.consume q
        b/1 basic.get q
        b/1 queue.purge q
        b/1 queue.bind q amq.direct key
        b/1 queue.unbind q amq.direct key
        b/1 queue.delete q
    "#;

    other_connections_may_publish_to_it = r#"
        a/1 queue.declare q exclusive
        a/1 basic.consume q tag=t no-ack
        b/1 basic.publish "" q "from another connection" mandatory
    "#;

    other_channels_of_the_connection_may_use_it = r#"
        a/1 queue.declare q exclusive
        a/2 queue.declare q exclusive
        a/2 basic.publish "" q "x"
        a/3 basic.get q no-ack
        a/1 channel.close
        a/2 queue.declare q exclusive passive
        a/2 queue.delete q
    "#;

    it_is_deleted_when_the_connection_closes = r#"
        a/1 queue.declare q exclusive
        a connection.close
        gone q
        b/1 queue.declare q exclusive
    "#;

    it_is_deleted_when_the_connection_is_lost = r#"
        a/1 queue.declare q exclusive durable
        a drop
        gone q
        b/1 basic.publish "" q "nobody" mandatory
    "#;

    an_exclusive_consumer_is_alone = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=alone exclusive
        a/2 basic.consume q tag=second
        b/1 basic.consume q tag=third exclusive
        b/1 basic.get q
        a/1 basic.cancel alone
        b/1 basic.consume q tag=fourth
    "#;

    an_exclusive_consumer_needs_to_come_first = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=first
        a/2 basic.consume q tag=alone exclusive
        a/1 basic.publish "" q "still consumed"
    "#;

    an_exclusive_queue_that_is_deleted_may_be_declared_by_others = r#"
        a/1 queue.declare q exclusive
        a/1 queue.delete q
        b/1 queue.declare q exclusive
        a/1 queue.declare q
    "#;
}
