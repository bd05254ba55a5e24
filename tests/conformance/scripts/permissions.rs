//! Permissions: a request without permission is refused with 403.

scripts! {
    configure_is_refused_without_permission = r#"
        user u password
        permit u ^mine .* .*
        a/1 queue.declare theirs
        u connect user=u password=password
        u/1 queue.declare other
        u/1 queue.declare theirs passive
        u/1 queue.delete theirs
        u/1 exchange.declare other direct
        u/1 exchange.delete other
        u/1 queue.declare mine
        u/1 exchange.declare mine direct
        u/1 queue.declare "" exclusive
    "#;

    write_is_refused_without_permission = r#"
        user u password
        permit u .* ^mine .*
        u connect user=u password=password
        u/1 queue.declare q
        u/1 basic.publish amq.direct key "x"
        u/1 basic.publish "" q "x"
        u/1 queue.bind q amq.direct key
        u/1 queue.unbind q amq.direct key
        u/1 exchange.bind amq.direct amq.fanout ""
        u/1 exchange.unbind amq.direct amq.fanout ""
        u/1 queue.declare mine
        u/1 queue.bind mine amq.direct key
    "#;

    read_is_refused_without_permission = r#"
        user u password
        permit u .* .* ^mine
        u connect user=u password=password
        u/1 queue.declare q
        u/1 basic.get q
        u/1 basic.consume q
        u/1 queue.purge q
        u/1 queue.bind q amq.direct key
        u/1 exchange.bind amq.fanout amq.direct ""
        u/1 basic.publish "" q "x"
    "#;

    dead_letters_and_alternates_need_permission_at_declaration = r#"
        user u password
        permit u .* ^w ^q
        u connect user=u password=password
        u/1 queue.declare q x-dead-letter-exchange=x
        u/1 queue.declare q x-dead-letter-exchange=w
        u/1 queue.declare other x-dead-letter-exchange=w
        u/1 exchange.declare q direct alternate-exchange=x
        u/1 exchange.declare q direct alternate-exchange=w
        u/1 exchange.declare other direct alternate-exchange=w
    "#;

    the_default_exchange_is_called_amq_default = r#"
        user u password
        permit u .* ^amq\.default$ .*
        u connect user=u password=password
        u/1 queue.declare q
        u/1 basic.publish "" q "x"
        u/1 basic.publish amq.direct q "x"
    "#;

    no_permissions = r#"
        user u password
        permit u ^$ ^$ ^$
        a/1 queue.declare q
        u connect user=u password=password
        u/1 queue.declare q
        u/1 queue.declare q passive
        u/1 exchange.declare amq.direct direct passive
        u/1 basic.publish "" q "x"
        u/1 basic.publish amq.fanout "" "x"
        u/1 basic.get q
        u/1 basic.get nosuch
        u/1 basic.publish nosuch "" "x"
        u/1 queue.declare nosuch passive
    "#;

    replies_need_no_permission_to_be_received = r#"
        user u password
        permit u ^$ ^amq\.topic$ ^$
        s/1 queue.declare requests
        s/1 queue.bind requests amq.topic rpc
        s/1 basic.consume requests tag=t no-ack
        u connect user=u password=password
        u/1 basic.consume amq.rabbitmq.reply-to tag=replies no-ack
        u/1 basic.publish amq.topic rpc "question" reply-to=amq.rabbitmq.reply-to
        s/1 basic.publish "" amq.rabbitmq.reply-to.1 "answer"
        u/1 basic.publish "" amq.rabbitmq.reply-to.1 "refused"
    "#;

    a_user_of_another_name_is_406 = r#"
        user u password
        permit u .* .* .*
        u connect user=u password=password
        u/1 queue.declare q
        u/1 basic.publish "" q "x" user-id=u
        u/1 basic.get q no-ack
        u/1 basic.publish "" q "x" user-id=guest
    "#;
}
