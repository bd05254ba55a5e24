//! Publishing: refused, returned and unchanged messages.

scripts! {
    publishing_to_an_exchange_that_does_not_exist_is_404 = r#"
        a/1 basic.publish nosuch key "x"
        a/1 basic.publish nosuch key "x" mandatory
    "#;

    immediate_is_not_implemented = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" immediate
    "#;

    a_mandatory_message_that_reaches_no_queue_is_returned_whole = r#"
        a/1 basic.publish "" nosuch "body" mandatory correlation-id=c7 reply-to=me headers={a=1, deep={b=[1, "two"]}}
        a/1 basic.publish amq.topic no.body "" mandatory
        a/1 basic.publish "" nosuch "dropped"
    "#;

    every_property_is_carried_unchanged = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" content-type="text/plain" content-encoding=gzip delivery-mode=2 priority=9 correlation-id="c 1" reply-to=r expiration="60000" message-id=m timestamp=1700000000 type=t user-id=guest app-id=app cluster-id=cl
        a/1 basic.get q no-ack
        a/1 basic.publish "" q "x" correlation-id="" delivery-mode=0 headers={}
        a/1 basic.get q no-ack
        a/1 basic.publish "" q "x" delivery-mode=7 priority=255
        a/1 basic.get q no-ack
    "#;

    headers_of_every_type_are_carried_unchanged = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" headers={bool=true, byte=-5b, ubyte=200B, short=-300s, ushort=60000u, int=-70000, uint=4000000000i, long=-5000000000l, float=1.5f, double=-2.5d, decimal=314D, text="hello", time=T1700000000, array=[1, "two", [3]], table={a={b={}}}, bytes=01x, nothing=void}
        a/1 basic.get q no-ack
    "#;

    bodies_of_any_size_arrive = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q ""
        a/1 basic.get q no-ack
        a/1 basic.publish "" q size=131064
        a/1 basic.get q no-ack
        a/1 basic.publish "" q size=131065
        a/1 basic.get q no-ack
        a/1 basic.publish "" q size=500000
        a/1 basic.consume q no-ack tag=t
    "#;

    a_body_cut_otherwise_by_its_sender_arrives = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        + a/1 header size=5
        + a/1 body "a"
        + a/1 body ""
        + a/1 body "bcd"
        a/1 body "e"
        a/1 basic.get q no-ack
    "#;

    a_user_id_that_is_not_the_user_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "mine" user-id=guest
        a/1 basic.publish "" q "forged" user-id=root
        a/1 queue.declare q passive
    "#;

    an_expiration_that_is_no_number_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" expiration=soon
        a/1 basic.publish "" q "x" expiration=""
        a/1 basic.publish "" q "x" expiration="-1"
        a/1 basic.publish "" q "x" expiration="5s"
        a/1 basic.publish "" q "x" expiration="1.5"
        a/1 basic.publish "" q "x" expiration="4294967296"
        a/1 queue.declare q passive
    "#;

    properties_that_are_not_utf8_are_carried_unchanged = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        + a frame 2 1 003c00000000000000000002040003fffe00
        a frame 3 1 6869
        a/1 basic.get q no-ack
    "#;

    nothing_is_published_on_a_channel_closed_before = r#"
        a/1 queue.declare q
        + a/1 basic.publish "" q "one"
        + a/1 basic.publish nosuch key "two"
        a/1 basic.publish "" q "three"
        b/1 queue.declare q passive
    "#;

    a_property_list_that_has_everything_twice_as_long_as_a_short_string_is_refused = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        a frame 2 1 003c0000000000000000000080000b6162
    "#;

    a_durable_message_in_a_transient_queue_is_a_message = r#"
        a/1 queue.declare q
        a/1 queue.declare d durable
        a/1 basic.publish "" q "x" delivery-mode=2
        a/1 basic.publish "" d "y" delivery-mode=1
        a/1 basic.get q no-ack
        a/1 basic.get d no-ack
        a/1 queue.delete d
    "#;

    publishing_to_several_queues_gives_each_its_own_copy = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 queue.bind q amq.fanout ""
        a/1 queue.bind p amq.fanout ""
        a/1 basic.publish amq.fanout k "x" headers={a=1}
        a/1 basic.get q
        a/1 basic.get p
        a/1 basic.nack 1 requeue
        a/1 basic.get q
        a/1 basic.ack 2
        a/1 basic.ack 3
    "#;
}
