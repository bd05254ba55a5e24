//! Attributes and arguments of queues: redeclaration and refused values.

scripts! {
    declaring_again_with_another_durability_is_406 = r#"
        a/1 queue.declare q
        a/1 queue.declare q durable
        a/1 queue.declare d durable
        a/1 queue.declare d
    "#;

    declaring_again_with_another_auto_delete_is_406 = r#"
        a/1 queue.declare q auto-delete
        a/1 queue.declare q
        a/1 queue.declare p
        a/1 queue.declare p auto-delete
    "#;

    declaring_again_as_exclusive_is_406 = r#"
        a/1 queue.declare q
        a/1 queue.declare q exclusive
        a/1 queue.declare mine exclusive
        a/1 queue.declare mine
    "#;

    several_differences_name_the_first = r#"
        a/1 queue.declare q
        a/1 queue.declare q durable auto-delete x-expires=60000
        a/1 queue.declare q auto-delete x-expires=60000
    "#;

    each_argument_must_be_equal_when_declaring_again = r#"
        a/1 queue.declare ttl x-message-ttl=60000
        a/1 queue.declare ttl x-message-ttl=60001
        a/1 queue.declare ttl
        a/1 queue.declare expires x-expires=60000
        a/1 queue.declare expires x-expires=60001
        a/1 queue.declare length x-max-length=5
        a/1 queue.declare length x-max-length=6
        a/1 queue.declare bytes x-max-length-bytes=5
        a/1 queue.declare bytes
        a/1 queue.declare dlx x-dead-letter-exchange=one
        a/1 queue.declare dlx x-dead-letter-exchange=two
        a/1 queue.declare dlk x-dead-letter-exchange=one x-dead-letter-routing-key=k
        a/1 queue.declare dlk x-dead-letter-exchange=one x-dead-letter-routing-key=l
        a/1 queue.declare dlk x-dead-letter-exchange=one
    "#;

    each_mode_must_be_equal_when_declaring_again = r#"
        a/1 queue.declare overflow x-overflow=drop-head
        a/1 queue.declare overflow x-overflow=reject-publish
        a/1 queue.declare overflow
        a/1 queue.declare single x-single-active-consumer=true
        a/1 queue.declare single
        a/1 queue.declare single x-single-active-consumer=false
        a/1 queue.declare type x-queue-type=classic
        a/1 queue.declare type
        a/1 queue.declare quorum durable x-queue-type=quorum
        a/1 queue.declare quorum durable
        a/1 queue.declare priority x-max-priority=3
        a/1 queue.declare priority
    "#;

    an_argument_that_was_not_there_is_406 = r#"
        a/1 queue.declare q
        a/1 queue.declare q x-message-ttl=1000
        a/1 queue.declare q x-dead-letter-exchange=""
        a/1 queue.declare q x-max-length=1
        a/1 queue.declare q x-single-active-consumer=true
    "#;

    integers_of_other_widths_are_equal = r#"
        a/1 queue.declare q x-message-ttl=60000 x-max-length=5
        a/1 queue.declare q x-message-ttl=60000l x-max-length=5s
        a/1 queue.declare q x-message-ttl=60000i x-max-length=5B
    "#;

    arguments_that_the_broker_does_not_know_do_not_matter = r#"
        a/1 queue.declare q x-color=red
        a/1 queue.declare q
        a/1 queue.declare q x-color=5 whatever={a=1}
    "#;

    values_out_of_range_are_406 = r#"
        a/1 queue.declare q x-message-ttl=-1
        a/1 queue.declare q x-expires=0
        a/1 queue.declare q x-expires=-1
        a/1 queue.declare q x-max-length=-1
        a/1 queue.declare q x-max-length-bytes=-5
        a/1 queue.declare q0 x-expires=4294967296l
        a/1 queue.declare q1 x-message-ttl=4294967296l
        a/1 queue.declare q2 x-max-priority=256
        a/1 queue.declare q3 x-max-priority=-1
        a/1 queue.declare q4 x-queue-type=quorum durable x-delivery-limit=-1
    "#;

    values_of_the_wrong_type_are_406 = r#"
        a/1 queue.declare q x-message-ttl="soon"
        a/1 queue.declare q x-expires="soon"
        a/1 queue.declare q x-max-length="few"
        a/1 queue.declare q x-max-length-bytes=1.5d
        a/1 queue.declare q x-dead-letter-exchange=5
        a/1 queue.declare q x-dead-letter-exchange=dlx x-dead-letter-routing-key=5
        a/1 queue.declare q x-single-active-consumer="yes"
        a/1 queue.declare q x-overflow=5
        a/1 queue.declare q x-queue-type=5
        a/1 queue.declare q x-message-ttl=void
        a/1 queue.declare q x-max-priority="high"
    "#;

    values_that_mean_nothing_are_406 = r#"
        a/1 queue.declare q x-overflow=explode
        a/1 queue.declare q x-queue-type=magic
        a/1 queue.declare q x-dead-letter-routing-key=k
        a/1 queue.declare q x-queue-mode=eager
    "#;

    arguments_that_quorum_queues_do_not_support_are_406 = r#"
        a/1 queue.declare q x-queue-type=quorum
        a/1 queue.declare q x-queue-type=quorum durable auto-delete
        a/1 queue.declare q x-queue-type=quorum durable exclusive
        a/1 queue.declare q x-queue-type=quorum durable x-max-priority=3
        a/1 queue.declare q x-queue-type=quorum durable x-overflow=reject-publish-dlx
    "#;

    arguments_that_classic_queues_do_not_support_are_406 = r#"
        a/1 queue.declare q x-delivery-limit=3
        a/1 queue.declare q x-queue-type=classic x-delivery-limit=3
        a/1 queue.declare q x-quorum-initial-group-size=1
    "#;

    a_zero_is_a_fine_limit = r#"
        a/1 queue.declare ttl x-message-ttl=0
        a/1 queue.declare length x-max-length=0
        a/1 queue.declare bytes x-max-length-bytes=0
        a/1 basic.publish "" length "dropped"
        a/1 queue.declare length passive
    "#;
}
