//! `basic.get`.

scripts! {
    getting_counts_what_is_left = r#"
        a/1 queue.declare q
        a/1 basic.get q
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.get q
        a/1 basic.get q no-ack
        a/1 basic.get q
        a/1 basic.ack 1
    "#;

    getting_ignores_the_prefetch = r#"
        a/1 queue.declare q
        a/1 basic.qos 1
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.get q
        a/1 basic.get q
    "#;

    getting_beside_a_consumer_takes_what_it_has_not = r#"
        a/1 queue.declare q
        b/1 basic.qos 1
        b/1 basic.consume q tag=t
        a/1 basic.publish "" q "1"
        a/1 basic.publish "" q "2"
        a/1 basic.get q no-ack
        a/1 basic.get q no-ack
        b/1 basic.ack 1
    "#;

    getting_from_a_single_active_consumers_queue = r#"
        a/1 queue.declare q x-single-active-consumer=true
        a/1 basic.publish "" q "1"
        a/1 basic.get q
    "#;

    tags_of_gets_and_deliveries_are_one_sequence = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 basic.publish "" q "1"
        a/1 basic.get q
        a/1 basic.consume p tag=t
        a/1 basic.publish "" p "2"
        a/1 basic.publish "" q "3"
        a/1 basic.get q
        a/1 basic.ack 3 multiple
    "#;
}
