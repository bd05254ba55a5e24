"""Declares, binds, unbinds and deletes as any program does, and in the ways that a broker refuses.

Run:  AMQP_URL=amqp://localhost python broker_declare.py
"""

import pika

import broker_transcript


def queues_are_declared_and_counted(t):
    channel = t.channel()
    orders = t.name("orders")
    declared = channel.queue_declare(orders).method
    t.say("declared", declared.queue, declared.message_count, declared.consumer_count)
    channel.confirm_delivery()
    for body in (b"1", b"2"):
        channel.basic_publish("", orders, body)
    channel.basic_consume(t.name("orders"), lambda *_: None, auto_ack=False)
    declared = t.channel().queue_declare(orders, passive=True).method
    t.say("passively", declared.queue, "consumers", declared.consumer_count)


def the_broker_names_queues(t):
    channel = t.channel()
    first = channel.queue_declare("", exclusive=True).method.queue
    second = channel.queue_declare("", exclusive=True).method.queue
    t.say("first", first, "second", second, "first again", first)
    channel.basic_publish("", second, b"x")
    method, _, body = t.get(channel, "")
    t.say_message("the empty name means the last one:", method, body)
    t.say_refusal("but not for a passive declaration", lambda: channel.queue_declare("", passive=True))


def an_empty_name_means_nothing_before_a_declaration(t):
    t.say_refusal("get", lambda: t.channel().basic_get(""))
    t.say_refusal("consume", lambda: t.channel().basic_consume("", lambda *_: None))


def what_differs_from_the_first_declaration_is_refused(t):
    orders = t.name("orders")
    arguments = {"x-max-length": 10, "x-message-ttl": 60000, "x-dead-letter-exchange": "dead"}
    t.channel().queue_declare(orders, durable=True, arguments=arguments)
    again = {"durable": True, "arguments": arguments}
    t.say_refusal("the same", lambda: t.channel().queue_declare(orders, **again))
    t.say_refusal("transient", lambda: t.channel().queue_declare(orders, arguments=arguments))
    t.say_refusal("auto-delete", lambda: t.channel().queue_declare(orders, auto_delete=True, **again))
    t.say_refusal("exclusive", lambda: t.channel().queue_declare(orders, exclusive=True, **again))
    for change in ({"x-max-length": 11}, {"x-message-ttl": None}, {"x-dead-letter-exchange": "else"}, {"x-expires": 60000}):
        other = {key: value for key, value in {**arguments, **change}.items() if value is not None}
        t.say_refusal(change, lambda: t.channel().queue_declare(orders, durable=True, arguments=other))


def arguments_are_checked(t):
    for arguments in (
        {"x-message-ttl": -1},
        {"x-message-ttl": "soon"},
        {"x-expires": 0},
        {"x-max-length": -1},
        {"x-overflow": "explode"},
        {"x-dead-letter-routing-key": "key"},
        {"x-single-active-consumer": "maybe"},
        {"x-queue-type": "imaginary"},
    ):
        t.say_refusal(arguments, lambda: t.channel().queue_declare(t.name("checked"), arguments=arguments))


def an_exclusive_queue_is_its_connections_alone(t):
    mine = t.name("mine")
    owner = t.connect()
    owner.channel().queue_declare(mine, exclusive=True)
    t.say_refusal("another channel", lambda: owner.channel().queue_declare(mine, exclusive=True))
    t.say_refusal("declare", lambda: t.channel().queue_declare(mine, exclusive=True))
    t.say_refusal("passive", lambda: t.channel().queue_declare(mine, passive=True))
    t.say_refusal("consume", lambda: t.channel().basic_consume(mine, lambda *_: None))
    t.say_refusal("get", lambda: t.channel().basic_get(mine))
    t.say_refusal("purge", lambda: t.channel().queue_purge(mine))
    t.say_refusal("delete", lambda: t.channel().queue_delete(mine))
    t.say_refusal("bind", lambda: t.channel().queue_bind(mine, "amq.direct", "key"))
    owner.close()

    def is_gone():
        """the end of the exclusive queue"""
        try:
            t.channel().queue_declare(mine, passive=True)
        except pika.exceptions.ChannelClosedByBroker as closed:
            return closed.reply_code == 404
        return False

    t.until(t.connect(), is_gone)
    t.say("gone with its connection")


def what_does_not_exist_is_not_found(t):
    nothing = t.name("nothing")
    t.say_refusal("queue", lambda: t.channel().queue_declare(nothing, passive=True))
    t.say_refusal("exchange", lambda: t.channel().exchange_declare(nothing, passive=True))
    t.say_refusal("consume", lambda: t.channel().basic_consume(nothing, lambda *_: None))
    t.say_refusal("get", lambda: t.channel().basic_get(nothing))
    t.say_refusal("purge", lambda: t.channel().queue_purge(nothing))
    t.say_refusal("bind a queue", lambda: t.channel().queue_bind(nothing, "amq.direct", "key"))
    t.say_refusal("delete a queue", lambda: t.channel().queue_delete(nothing))
    t.say_refusal("delete an exchange", lambda: t.channel().exchange_delete(nothing))
    t.channel().queue_declare(t.name("something"))
    t.say_refusal("bind to an exchange", lambda: t.channel().queue_bind(t.name("something"), nothing, "key"))
    t.say_refusal("unbind", lambda: t.channel().queue_unbind(t.name("something"), "amq.direct", "no such key"))
    t.say_refusal("bind exchanges", lambda: t.channel().exchange_bind(nothing, "amq.direct", "key"))


def reserved_names_are_refused(t):
    t.say_refusal("queue", lambda: t.channel().queue_declare("amq.mine"))
    t.say_refusal("exchange", lambda: t.channel().exchange_declare("amq.mine"))
    t.say_refusal("the default exchange", lambda: t.channel().exchange_declare("", "direct"))
    t.say_refusal("delete amq.direct", lambda: t.channel().exchange_delete("amq.direct"))
    t.say_refusal("delete the default exchange", lambda: t.channel().exchange_delete(""))
    t.channel().queue_declare(t.name("orders"))
    t.say_refusal("bind to the default exchange", lambda: t.channel().queue_bind(t.name("orders"), "", "key"))
    t.say_refusal("unbind from it", lambda: t.channel().queue_unbind(t.name("orders"), "", t.name("orders")))
    for exchange in ("", "amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"):
        t.say_refusal(f"passive {exchange!r}", lambda: t.channel().exchange_declare(exchange, passive=True))


def exchanges_are_declared_once(t):
    events = t.name("events")
    t.channel().exchange_declare(events, "topic", durable=True)
    t.say_refusal("the same", lambda: t.channel().exchange_declare(events, "topic", durable=True))
    t.say_refusal("another type", lambda: t.channel().exchange_declare(events, "fanout", durable=True))
    t.say_refusal("transient", lambda: t.channel().exchange_declare(events, "topic"))
    t.say_refusal("auto-delete", lambda: t.channel().exchange_declare(events, "topic", durable=True, auto_delete=True))
    t.say_refusal("internal", lambda: t.channel().exchange_declare(events, "topic", durable=True, internal=True))
    t.say_refusal("no type", lambda: t.channel().exchange_declare(t.name("other"), "imaginary"))
    t.channel().exchange_declare(t.name("inside"), "fanout", internal=True)

    def publish():
        channel = t.channel()
        channel.confirm_delivery()
        channel.basic_publish(t.name("inside"), "key", b"x")

    t.say_refusal("publish to an internal exchange", publish)


def deletion_may_have_conditions(t):
    orders, events = t.name("orders"), t.name("events")
    channel = t.channel()
    channel.queue_declare(orders)
    channel.exchange_declare(events, "fanout")
    channel.queue_bind(orders, events)
    channel.confirm_delivery()
    channel.basic_publish(events, "", b"x")
    t.say_refusal("exchange in use", lambda: t.channel().exchange_delete(events, if_unused=True))
    t.say_refusal("queue with messages", lambda: t.channel().queue_delete(orders, if_empty=True))
    channel.basic_consume(orders, lambda *_: None)
    t.say_refusal("queue in use", lambda: t.channel().queue_delete(orders, if_unused=True))
    t.say("purged", t.channel().queue_purge(orders).method.message_count)
    channel.queue_unbind(orders, events)
    t.say_refusal("unused exchange", lambda: t.channel().exchange_delete(events, if_unused=True))
    t.say("deleted with", t.channel().queue_delete(orders).method.message_count)


def auto_delete_ends_with_the_last_use(t):
    orders, events = t.name("orders"), t.name("events")
    channel = t.channel()
    channel.queue_declare(orders, auto_delete=True)
    channel.exchange_declare(events, "fanout", auto_delete=True)
    channel.queue_bind(orders, events)
    channel.queue_declare(orders, passive=True)
    tag = channel.basic_consume(orders, lambda *_: None)
    channel.basic_cancel(tag)
    t.say_refusal("queue", lambda: t.channel().queue_declare(orders, passive=True))
    t.say_refusal("exchange", lambda: t.channel().exchange_declare(events, passive=True))


if __name__ == "__main__":
    broker_transcript.run(
        [
            queues_are_declared_and_counted,
            the_broker_names_queues,
            an_empty_name_means_nothing_before_a_declaration,
            what_differs_from_the_first_declaration_is_refused,
            arguments_are_checked,
            an_exclusive_queue_is_its_connections_alone,
            what_does_not_exist_is_not_found,
            reserved_names_are_refused,
            exchanges_are_declared_once,
            deletion_may_have_conditions,
            auto_delete_ends_with_the_last_use,
        ]
    )
