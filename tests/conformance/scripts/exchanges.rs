//! Declaring, deleting and binding exchanges.

scripts! {
    every_type_can_be_declared_and_declared_again = r#"
        a/1 exchange.declare d direct
        a/1 exchange.declare f fanout durable
        a/1 exchange.declare t topic auto-delete
        a/1 exchange.declare h headers internal
        a/1 exchange.declare d direct
        a/1 exchange.declare f fanout durable
        a/1 exchange.declare t topic auto-delete
        a/1 exchange.declare h headers internal
        a/1 exchange.declare d direct nowait
        a/1 exchange.declare d passive
    "#;

    an_unknown_type_closes_the_connection_with_503 = r#"
        a/1 exchange.declare e magic
        b/1 exchange.declare e ""
    "#;

    the_type_of_a_passive_declare_does_not_matter = r#"
        a/1 exchange.declare e direct
        a/1 exchange.declare e fanout passive
        a/1 exchange.declare e magic passive durable
    "#;

    passively_declaring_what_does_not_exist_is_404 = r#"
        a/1 exchange.declare nosuch direct passive
        a/1 exchange.declare amq.nosuch direct passive
    "#;

    declaring_again_differently_is_406 = r#"
        a/1 exchange.declare e direct
        a/1 exchange.declare e fanout
        a/1 exchange.declare e direct durable
        a/1 exchange.declare e direct auto-delete
        a/1 exchange.declare e direct internal
        a/1 exchange.declare e direct alternate-exchange=other
        a/1 exchange.declare d direct durable auto-delete internal
        a/1 exchange.declare d direct
        a/1 exchange.declare d direct durable
        a/1 exchange.declare d direct durable auto-delete
    "#;

    alternate_exchanges_must_be_equal = r#"
        a/1 exchange.declare e direct alternate-exchange=one
        a/1 exchange.declare e direct alternate-exchange=two
        a/1 exchange.declare e direct
        a/1 exchange.declare e direct alternate-exchange=one
        a/1 exchange.declare e direct alternate-exchange=one x-color=red
        a/1 exchange.declare bad direct alternate-exchange=5
    "#;

    the_predeclared_exchanges_are_there = r#"
        a/1 exchange.declare amq.direct direct durable
        a/1 exchange.declare amq.fanout fanout durable
        a/1 exchange.declare amq.topic topic durable
        a/1 exchange.declare amq.headers headers durable
        a/1 exchange.declare amq.match headers durable
        a/1 exchange.declare amq.direct direct passive
        a/1 exchange.declare amq.rabbitmq.trace topic passive
    "#;

    the_predeclared_exchanges_must_be_declared_as_they_are = r#"
        a/1 exchange.declare amq.direct direct
        a/1 exchange.declare amq.direct fanout durable
    "#;

    reserved_names_are_403 = r#"
        a/1 exchange.declare amq.mine direct
        a/1 exchange.delete amq.direct
        a/1 exchange.delete amq.nosuch
        a/1 exchange.declare amqmine direct
    "#;

    the_default_exchange_cannot_be_declared_or_deleted = r#"
        a/1 exchange.declare "" direct durable
        a/1 exchange.declare "" direct passive
        a/1 exchange.delete ""
        a/1 exchange.delete "" if-unused
    "#;

    deleting_an_exchange_is_answered_whether_or_not_it_exists = r#"
        a/1 exchange.declare e direct
        a/1 exchange.delete e
        a/1 exchange.delete e
        a/1 exchange.delete e nowait
        a/1 exchange.declare e passive
    "#;

    deleting_if_unused_refuses_an_exchange_with_bindings = r#"
        a/1 exchange.declare e direct
        a/1 queue.declare q
        a/1 queue.bind q e key
        a/1 exchange.delete e if-unused
        a/1 queue.unbind q e key
        a/1 exchange.delete e if-unused
    "#;

    being_a_destination_does_not_count_as_being_used = r#"
        a/1 exchange.declare source fanout
        a/1 exchange.declare destination fanout
        a/1 exchange.bind destination source ""
        a/1 exchange.delete destination if-unused
        a/1 exchange.delete source if-unused
    "#;

    an_auto_delete_exchange_is_deleted_with_its_last_binding = r#"
        a/1 exchange.declare e fanout auto-delete
        a/1 exchange.declare e fanout passive
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 queue.bind q e ""
        a/1 queue.bind p e ""
        a/1 queue.unbind q e ""
        a/1 exchange.declare e fanout passive
        a/1 queue.delete p
        a/1 exchange.declare e fanout passive
    "#;

    an_auto_delete_exchange_goes_with_the_exchange_it_is_bound_to_others_by = r#"
        a/1 exchange.declare source fanout auto-delete
        a/1 exchange.declare destination fanout
        a/1 exchange.bind destination source ""
        a/1 exchange.delete destination
        a/1 exchange.declare source fanout passive
    "#;

    clients_may_not_publish_to_internal_exchanges = r#"
        a/1 exchange.declare inside fanout internal
        a/1 exchange.declare outside fanout
        a/1 exchange.bind inside outside ""
        a/1 queue.declare q
        a/1 queue.bind q inside ""
        a/1 basic.publish outside "" "through the outside"
        a/1 basic.get q no-ack
        a/1 basic.publish inside "" "refused"
    "#;

    exchanges_bind_to_exchanges = r#"
        a/1 exchange.declare source topic
        a/1 exchange.declare destination direct
        a/1 exchange.bind destination source "a.*"
        a/1 queue.declare q
        a/1 queue.bind q destination a.b
        a/1 basic.publish source a.b "both match"
        a/1 basic.publish source a.c "only the first" mandatory
        a/1 basic.get q no-ack
        a/1 exchange.unbind destination source "a.*"
        a/1 basic.publish source a.b "unbound" mandatory
        a/1 exchange.bind destination source "a.*" nowait
        a/1 basic.publish source a.b "bound again"
        a/1 exchange.unbind destination source "a.*" nowait
        a/1 basic.publish source a.b "unbound again" mandatory
        a/1 queue.declare q passive
    "#;

    cycles_of_exchanges_deliver_once = r#"
        a/1 exchange.declare one fanout
        a/1 exchange.declare two fanout
        a/1 exchange.bind one two ""
        a/1 exchange.bind two one ""
        a/1 exchange.bind one one ""
        a/1 queue.declare q
        a/1 queue.bind q one ""
        a/1 queue.bind q two ""
        a/1 basic.publish one "" "once"
        a/1 queue.declare q passive
    "#;

    binding_exchanges_that_do_not_exist_is_404 = r#"
        a/1 exchange.declare e fanout
        a/1 exchange.bind nosuch e ""
        a/1 exchange.bind e nosuch ""
        a/1 exchange.bind nosuch nosuch2 ""
        a/1 exchange.unbind nosuch e ""
        a/1 exchange.unbind e nosuch ""
        a/1 exchange.unbind e amq.fanout ""
    "#;

    the_default_exchange_binds_to_nothing = r#"
        a/1 exchange.declare e fanout
        a/1 exchange.bind e "" key
        a/1 exchange.bind "" e key
        a/1 exchange.unbind e "" key
        a/1 exchange.unbind "" e key
    "#;
}
