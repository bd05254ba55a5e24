//! Violations of the protocol: each ends its connection with a reply code, and nothing else.

scripts! {
    an_unknown_frame_type = r#"
        a/1 queue.declare q
        a frame 9 1 00
        b/1 queue.declare q passive
    "#;

    a_frame_that_does_not_end = r#"
        a/1 queue.declare q
        a frame 1 1 003c000a00000000000000 end=7
    "#;

    a_method_of_an_unknown_class = r#"
        a/1 queue.declare q
        a frame 1 1 00630001
    "#;

    an_unknown_method = r#"
        a/1 queue.declare q
        a frame 1 1 003200ff
    "#;

    a_method_cut_short = r#"
        a/1 queue.declare q
        a frame 1 1 0032000a000005
    "#;

    a_frame_too_short_for_a_method = r#"
        a/1 queue.declare q
        a frame 1 1 0032
    "#;

    a_method_that_only_servers_send = r#"
        a/1 queue.declare q
        a frame 1 1 0032000b01710000000000000000
    "#;

    a_header_without_a_publish = r#"
        a/1 queue.declare q
        a frame 2 1 003c000000000000000000050000
    "#;

    a_body_without_a_publish = r#"
        a/1 queue.declare q
        a frame 3 1 6869
    "#;

    a_body_where_the_header_should_be = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        a frame 3 1 6869
    "#;

    a_method_where_the_header_should_be = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        a/1! queue.declare q
    "#;

    a_method_where_the_body_should_be = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        + a/1 header size=5
        + a/1 body "abc"
        a/1! queue.declare q
    "#;

    a_header_of_another_class = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        a frame 2 1 0032000000000000000000050000
    "#;

    a_body_longer_than_announced = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        + a/1 header size=2
        a frame 3 1 616263
        b/1 queue.declare q passive
    "#;

    a_frame_above_the_negotiated_size = r#"
        a connect frame-max=4096
        a/1 queue.declare q
        + a/1 publish-method "" q
        + a/1 header size=5000
        a raw 03000100001001
    "#;

    a_frame_of_exactly_the_negotiated_size = r#"
        b/1 queue.declare q
        a connect frame-max=4096
        a/1 basic.publish "" q size=4088
        b/1 basic.get q no-ack
    "#;

    a_heartbeat_on_a_channel = r#"
        a/1 queue.declare q
        a frame 8 1
    "#;

    a_heartbeat_with_a_payload = r#"
        a/1 queue.declare q
        a frame 8 0 00
    "#;

    content_on_channel_zero = r#"
        a/1 queue.declare q
        a frame 2 0 003c000000000000000000050000
    "#;

    a_body_on_channel_zero = r#"
        a/1 queue.declare q
        a frame 3 0 6869
    "#;

    a_channels_method_on_channel_zero = r#"
        a/1 queue.declare q
        a/0! queue.declare q
    "#;

    a_connections_method_on_a_channel = r#"
        a/1 queue.declare q
        a/1! connection.close
    "#;

    an_unknown_type_of_a_header_value = r#"
        a/1 queue.declare q
        + a/1 publish-method "" q
        a frame 2 1 003c0000000000000000000020000000000501613f0000
    "#;

    a_table_longer_than_its_frame = r#"
        a/1 queue.declare q
        a frame 1 1 0032000a00000171007fffffff
    "#;

    a_second_handshake = r#"
        a/1 queue.declare q
        a/0! connection.tune-ok
    "#;

    garbage_after_the_handshake = r#"
        a/1 queue.declare q
        a raw 474554202f20485454502f312e310d0a0d0a
        b/1 queue.declare q passive
    "#;
}
