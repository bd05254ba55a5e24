//! Routing by exchange type, headers, `CC` and `BCC`.

scripts! {
    direct_exchanges_match_the_whole_key = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 queue.bind q amq.direct key
        a/1 queue.bind p amq.direct key
        a/1 queue.bind p amq.direct ""
        a/1 basic.publish amq.direct key "both" mandatory
        a/1 basic.publish amq.direct KEY "none" mandatory
        a/1 basic.publish amq.direct key.x "none" mandatory
        a/1 basic.publish amq.direct "" "p" mandatory
        a/1 queue.declare q passive
        a/1 queue.declare p passive
    "#;

    fanout_exchanges_ignore_the_key = r#"
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 queue.bind q amq.fanout one
        a/1 queue.bind p amq.fanout two
        a/1 basic.publish amq.fanout three "both" mandatory
        a/1 queue.declare q passive
        a/1 queue.declare p passive
    "#;

    the_default_exchange_knows_every_queue_by_name = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "there" mandatory
        a/1 basic.publish "" nosuch "returned" mandatory
        a/1 basic.publish "" nosuch "dropped"
        a/1 basic.get q no-ack
    "#;

    a_star_is_one_word = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "a.*.c"
        a/1 basic.publish amq.topic a.b.c "one" mandatory
        a/1 basic.publish amq.topic a..c "an empty one" mandatory
        a/1 basic.publish amq.topic a.c "none" mandatory
        a/1 basic.publish amq.topic a.b.b.c "two" mandatory
        a/1 basic.publish amq.topic a.b.c. "a trailing one" mandatory
        a/1 queue.declare q passive
    "#;

    a_hash_is_any_number_of_words = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "a.#.z"
        a/1 basic.publish amq.topic a.z "none" mandatory
        a/1 basic.publish amq.topic a.b.z "one" mandatory
        a/1 basic.publish amq.topic a.b.c.z "two" mandatory
        a/1 basic.publish amq.topic a..z "an empty one" mandatory
        a/1 basic.publish amq.topic a.z.b "not at the end" mandatory
        a/1 basic.publish amq.topic a "too short" mandatory
        a/1 queue.declare q passive
    "#;

    a_hash_alone_matches_everything = r##"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "#"
        a/1 basic.publish amq.topic "" "no word" mandatory
        a/1 basic.publish amq.topic a.b.c "three" mandatory
        a/1 basic.publish amq.topic "..." "four empty ones" mandatory
        a/1 queue.declare q passive
    "##;

    a_star_alone_matches_one_word_and_not_none = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "*"
        a/1 basic.publish amq.topic "" "no word" mandatory
        a/1 basic.publish amq.topic a "one" mandatory
        a/1 basic.publish amq.topic . "two empty ones" mandatory
        a/1 queue.declare q passive
    "#;

    hashes_and_stars_mix = r##"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "#.*.b.#"
        a/1 basic.publish amq.topic b "none before" mandatory
        a/1 basic.publish amq.topic a.b "one before" mandatory
        a/1 basic.publish amq.topic x.a.b.y.z "around" mandatory
        a/1 basic.publish amq.topic b.b "twice" mandatory
        a/1 basic.publish amq.topic b.c "wrong" mandatory
        a/1 queue.declare p
        a/1 queue.bind p amq.topic "#.#"
        a/1 basic.publish amq.topic "" "two hashes" mandatory
        a/1 queue.declare q passive
        a/1 queue.declare p passive
    "##;

    wildcards_within_words_and_in_keys_are_plain = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "a*.b"
        a/1 queue.bind q amq.topic "x.y"
        a/1 basic.publish amq.topic ab.b "no match" mandatory
        a/1 basic.publish amq.topic "a*.b" "literally" mandatory
        a/1 basic.publish amq.topic "x.*" "a star in a key" mandatory
        a/1 queue.declare q passive
    "#;

    overlapping_patterns_deliver_once_and_unbind_apart = r##"
        a/1 queue.declare q
        a/1 queue.bind q amq.topic "a.#"
        a/1 queue.bind q amq.topic "#.b"
        a/1 basic.publish amq.topic a.b "once"
        a/1 queue.declare q passive
        a/1 queue.unbind q amq.topic "a.#"
        a/1 basic.publish amq.topic a.c "unbound" mandatory
        a/1 basic.publish amq.topic a.b "by the other" mandatory
        a/1 queue.unbind q amq.topic "#.b"
        a/1 basic.publish amq.topic a.b "by none" mandatory
        a/1 queue.declare q passive
    "##;

    headers_all_need_every_one = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" x-match=all color="red" size=5
        a/1 basic.publish amq.headers "" "both" mandatory headers={color="red", size=5}
        a/1 basic.publish amq.headers "" "more" mandatory headers={color="red", size=5, more=true}
        a/1 basic.publish amq.headers "" "one" mandatory headers={color="red"}
        a/1 basic.publish amq.headers "" "wrong" mandatory headers={color="blue", size=5}
        a/1 basic.publish amq.headers "" "none" mandatory
        a/1 queue.declare q passive
    "#;

    headers_any_need_one = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" x-match=any color="red" size=5
        a/1 basic.publish amq.headers "" "both" mandatory headers={color="red", size=5}
        a/1 basic.publish amq.headers "" "one" mandatory headers={size=5}
        a/1 basic.publish amq.headers "" "one of two" mandatory headers={color="blue", size=5}
        a/1 basic.publish amq.headers "" "wrong" mandatory headers={color="blue", size=6}
        a/1 basic.publish amq.headers "" "none" mandatory
        a/1 queue.declare q passive
    "#;

    headers_match_all_by_default = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" color="red" size=5
        a/1 basic.publish amq.headers "" "one" mandatory headers={size=5}
        a/1 basic.publish amq.headers "" "both" mandatory headers={color="red", size=5}
    "#;

    headers_that_begin_with_x_count_only_with_the_x_modes = r#"
        a/1 queue.declare all
        a/1 queue.declare any
        a/1 queue.declare all-with-x
        a/1 queue.declare any-with-x
        a/1 queue.bind all amq.headers "" x-match=all x-a=1 b=1
        a/1 queue.bind any amq.headers "" x-match=any x-a=1 b=1
        a/1 queue.bind all-with-x amq.headers "" x-match=all-with-x x-a=1 b=1
        a/1 queue.bind any-with-x amq.headers "" x-match=any-with-x x-a=1 b=1
        a/1 basic.publish amq.headers "" "b" headers={b=1}
        a/1 basic.publish amq.headers "" "x-a" headers={x-a=1}
        a/1 basic.publish amq.headers "" "both" headers={x-a=1, b=1}
        a/1 queue.declare all passive
        a/1 queue.declare any passive
        a/1 queue.declare all-with-x passive
        a/1 queue.declare any-with-x passive
    "#;

    a_header_bound_without_a_value_needs_only_to_be_there = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" x-match=all color=void
        a/1 basic.publish amq.headers "" "a text" mandatory headers={color="red"}
        a/1 basic.publish amq.headers "" "a number" mandatory headers={color=5}
        a/1 basic.publish amq.headers "" "nothing" mandatory headers={color=void}
        a/1 basic.publish amq.headers "" "absent" mandatory headers={size=5}
    "#;

    headers_compare_type_and_value = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" x-match=all n=5
        a/1 basic.publish amq.headers "" "int" mandatory headers={n=5}
        a/1 basic.publish amq.headers "" "long" mandatory headers={n=5l}
        a/1 basic.publish amq.headers "" "byte" mandatory headers={n=5b}
        a/1 basic.publish amq.headers "" "double" mandatory headers={n=5d}
        a/1 basic.publish amq.headers "" "text" mandatory headers={n="5"}
    "#;

    headers_without_any_condition = r#"
        a/1 queue.declare all
        a/1 queue.declare any
        a/1 queue.bind all amq.headers ""
        a/1 queue.bind any amq.headers "" x-match=any
        a/1 basic.publish amq.headers "" "no headers" mandatory
        a/1 basic.publish amq.headers "" "some" mandatory headers={a=1}
        a/1 queue.declare all passive
        a/1 queue.declare any passive
    "#;

    headers_modes_that_mean_nothing_are_406 = r#"
        a/1 queue.declare q
        a/1 queue.bind q amq.headers "" x-match=some a=1
        a/1 queue.bind q amq.headers "" x-match=5 a=1
        a/1 queue.bind q amq.headers "" x-match=all
    "#;

    unroutable_messages_go_to_the_alternate_exchange = r#"
        a/1 exchange.declare other fanout
        a/1 exchange.declare e direct alternate-exchange=other
        a/1 queue.declare q
        a/1 queue.declare rest
        a/1 queue.bind q e key
        a/1 queue.bind rest other ""
        a/1 basic.publish e key "to q" mandatory
        a/1 basic.publish e other "to the rest" mandatory
        a/1 basic.get q no-ack
        a/1 basic.get rest no-ack
        a/1 basic.get rest no-ack
    "#;

    an_alternate_exchange_that_does_not_exist_or_has_no_queue_returns = r#"
        a/1 exchange.declare e direct alternate-exchange=nosuch
        a/1 basic.publish e key "no such exchange" mandatory
        a/1 exchange.declare f direct alternate-exchange=f
        a/1 basic.publish f key "round and round" mandatory
        a/1 exchange.declare g direct alternate-exchange=amq.fanout
        a/1 basic.publish g key "no queue" mandatory
    "#;

    cc_and_bcc_are_more_keys = r#"
        a/1 queue.declare q
        a/1 queue.declare c
        a/1 queue.declare b
        a/1 basic.publish "" q "x" headers={CC=["c"], BCC=["b"], other=1}
        a/1 basic.get q no-ack
        a/1 basic.get c no-ack
        a/1 basic.get b no-ack
    "#;

    cc_that_is_no_array_is_406 = r#"
        a/1 queue.declare q
        a/1 basic.publish "" q "x" headers={CC="q"}
        a/1 basic.publish "" q "x" headers={BCC=5}
        a/1 basic.publish "" q "x" headers={CC=[5]}
    "#;
}
