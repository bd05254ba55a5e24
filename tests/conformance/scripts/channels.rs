//! Opening and closing channels, and closing connections.

scripts! {
    opening_an_open_channel_closes_the_connection = r#"
        a connect
        a/1 channel.open
        a/1 channel.open
    "#;

    a_method_on_a_channel_that_is_not_open_closes_the_connection = r#"
        a connect
        + a/1! queue.declare q
        a ends
    "#;

    closing_a_channel_that_is_not_open_closes_the_connection = r#"
        a connect
        + a/1! channel.close
        a ends
    "#;

    an_unexpected_close_ok = r#"
        a connect
        + a/1! channel.close-ok
        a ends
    "#;

    the_channel_maximum_counts_open_channels = r#"
        a connect channel-max=2
        a/5 channel.open
        a/6 channel.open
        a/5 channel.close
        a/7 channel.open
        + a/8! channel.open
        a ends
    "#;

    a_closed_channel_can_be_opened_again = r#"
        a connect
        a/1 channel.open
        a/1 queue.declare q
        a/1 basic.publish "" q "1"
        a/1 basic.get q no-ack
        a/1 channel.close
        a/1 channel.open
        a/1 basic.publish "" q "2"
        a/1 basic.get q
    "#;

    a_channel_that_failed_can_be_opened_again = r#"
        a connect
        a/1 channel.open
        a/1 queue.declare nosuch passive
        a/1 channel.open
        a/1 queue.declare q
    "#;

    channels_need_not_be_opened_in_order = r#"
        a/7 queue.declare q
        a/3 queue.declare q
        a/2047 queue.declare q
    "#;

    a_closing_channel_ignores_requests = r#"
        a/1 queue.declare q
        hold a/1
        a/1 queue.declare nosuch passive
        a/1! queue.declare ignored
        a/1! basic.publish "" q "ignored"
        a/2 queue.declare ignored passive
        a/3 queue.declare q passive
        a/1! channel.close-ok
        a/1 channel.open
        a/1 queue.declare q passive
    "#;

    a_close_that_crosses_another_is_answered = r#"
        a connect
        a/1 channel.open
        hold a/1
        a/1 queue.declare nosuch passive
        + a/1! channel.close
        a/1 expect 1
        a/1! channel.close-ok
        a/1 channel.open
    "#;

    errors_of_one_channel_leave_the_others_alone = r#"
        a/1 queue.declare q
        a/2 basic.consume q tag=t
        a/1 queue.declare nosuch passive
        a/3 basic.publish "" q "x"
        a/2 basic.ack 1
    "#;

    closing_a_channel_cancels_its_consumers = r#"
        a/1 queue.declare q
        a/2 basic.consume q tag=t
        a/2 channel.close
        a/1 queue.declare q passive
        a/1 basic.publish "" q "x"
        a/1 basic.get q no-ack
    "#;

    closing_the_connection_is_answered = r#"
        a/1 queue.declare q
        a/1 basic.consume q tag=t
        a connection.close
        b/1 queue.declare q passive
    "#;

    closing_the_connection_needs_no_open_channel = r#"
        a connect
        a connection.close
    "#;

    a_closing_connection_ignores_requests = r#"
        a/1 queue.declare q
        hold a
        a/1 exchange.declare e magic
        a/1! queue.declare ignored
        a/2! channel.open
        b/1 queue.declare ignored passive
        + a/0! connection.close-ok
        a expect 1
    "#;

    flow_can_be_asked_for_but_not_stopped = r#"
        a/1 channel.flow true
        a/1 channel.flow false
    "#;

    a_secret_can_be_updated_only_where_the_mechanism_has_one = r#"
        a/1 queue.declare q
        a connection.update-secret "new" "because"
    "#;

    requests_before_a_close_are_handled = r#"
        a/1 queue.declare q
        + a/1 basic.publish "" q "1"
        + a/1 basic.publish "" q "2"
        a/1 channel.close
        a/2 queue.declare q passive
        + a/2 basic.publish "" q "3"
        a connection.close
        b/1 queue.declare q passive
    "#;
}
