//! The handshake: from the protocol header to `connection.open`.

scripts! {
    a_handshake_step_by_step = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok
        a connection.open /
        a/1 channel.open
        a/1 queue.declare q
        a connection.close
    "#;

    amqplain_credentials_are_a_table = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok AMQPLAIN table={LOGIN="guest", PASSWORD="guest"}
        a expect 1
        a connection.tune-ok
        a connection.open /
    "#;

    wrong_credentials_are_403_for_clients_with_the_capability = r#"
        user u right
        a connect user=u password=wrong
        b connect user=nobody password=x
        c dial
        + c greet
        c expect 1
        + c connection.start-ok AMQPLAIN table={LOGIN="guest", PASSWORD="wrong"}
        c ends
    "#;

    wrong_credentials_end_the_connection_of_clients_without_the_capability = r#"
        a connect user=nobody password=x no-capabilities
    "#;

    a_mechanism_that_was_not_offered_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok MAGIC "x"
        a ends
    "#;

    plain_credentials_without_separators_end_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "guest"
        a ends
    "#;

    amqplain_credentials_without_a_password_end_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok AMQPLAIN table={LOGIN="guest"}
        a ends
    "#;

    a_plain_identity_is_ignored = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "somebody\0guest\0guest"
        a ends
    "#;

    a_virtual_host_that_does_not_exist_is_530 = r#"
        a connect vhost=nosuch
    "#;

    a_virtual_host_without_permissions_is_530 = r#"
        user u password
        a connect user=u password=password
    "#;

    another_protocol_gets_the_supported_header = r#"
        a dial
        + a greet 4854545020312e31
        a ends
    "#;

    another_version_gets_the_supported_header = r#"
        a dial
        + a greet 414d515000000a00
        a ends
        b dial
        + b greet 414d515003010000
        b ends
    "#;

    older_protocol_headers_are_accepted = r#"
        a dial
        + a greet 414d515000000900
        a expect 1
        b dial
        + b greet 414d515001010009
        b expect 1
        c dial
        + c greet 414d515001010800
        c expect 1
    "#;

    a_frame_size_below_the_minimum_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok frame-max=4095
        + a connection.open /
        a ends
    "#;

    a_frame_size_above_the_offer_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok frame-max=131073
        + a connection.open /
        a ends
    "#;

    no_frame_size_when_there_is_one_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok frame-max=0
        + a connection.open /
        a ends
    "#;

    a_channel_maximum_above_the_offer_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok channel-max=2048
        + a connection.open /
        a ends
    "#;

    no_channel_maximum_when_there_is_one_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok channel-max=0
        + a connection.open /
        a ends
    "#;

    deliveries_are_cut_to_the_negotiated_frame_size = r#"
        a/1 queue.declare q
        b connect frame-max=4096
        b/1 basic.consume q tag=t no-ack
        a/1 basic.publish "" q size=4088
        a/1 basic.publish "" q size=4089
        a/1 basic.publish "" q size=20000
    "#;

    opening_before_tuning_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        + a/0! connection.open /
        a ends
    "#;

    a_channel_before_the_virtual_host_ends_the_connection = r#"
        a dial
        + a greet
        a expect 1
        + a connection.start-ok PLAIN "\0guest\0guest"
        a expect 1
        a connection.tune-ok
        + a/1! channel.open
        a expect 1
    "#;

    heartbeats_are_taken_at_any_time = r#"
        a/1 queue.declare q
        a frame 8 0
        a/1 queue.declare q passive
    "#;
}
