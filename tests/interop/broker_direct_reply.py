"""Calls over direct reply-to: the requester consumes `amq.rabbitmq.reply-to` and the replies come without any queue.

Run:  AMQP_URL=amqp://localhost python broker_direct_reply.py
"""

import pika

import broker_transcript

REPLY_TO = "amq.rabbitmq.reply-to"


def serve(t, queue):
    """A server that doubles numbers, on a connection of its own; prints the shape of the address it replies to."""
    channel = t.channel()

    def on_request(channel, method, properties, body):
        t.say("the address begins with", properties.reply_to[: len(REPLY_TO) + 1], "and has", properties.reply_to.count("."), "dots")
        reply = pika.BasicProperties(correlation_id=properties.correlation_id)
        channel.basic_publish("", properties.reply_to, str(2 * int(body)).encode(), reply)
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(queue, on_request)
    return channel


def collect(channel, **options):
    """Consumes the pseudo-queue."""
    replies = []
    channel.basic_consume(REPLY_TO, lambda _c, method, properties, body: replies.append((method, properties, body)), **options)
    return replies


def pump(t, connections, fact):
    """Serves several connections in turn until `fact()` holds."""

    def served():
        """a reply"""
        for connection in connections[1:]:
            connection.process_data_events(time_limit=0.01)
        return fact()

    t.until(connections[0], served)


def a_call_is_answered(t):
    requester = t.channel()
    queue = requester.queue_declare(t.name("double")).method.queue
    server = serve(t, queue)
    replies = collect(requester, auto_ack=True)
    for n, correlation_id in ((21, "first"), (50, "second")):
        properties = pika.BasicProperties(reply_to=REPLY_TO, correlation_id=correlation_id)
        requester.basic_publish("", queue, str(n).encode(), properties)
        pump(t, [requester.connection, server.connection], lambda: len(replies) > 0)
        method, properties, body = replies.pop()
        t.say(
            f"{body.decode()} for {properties.correlation_id} tag={method.delivery_tag}",
            f"redelivered={broker_transcript.yes(method.redelivered)} exchange={method.exchange!r}",
            f"key begins with {method.routing_key[: len(REPLY_TO) + 1]}",
        )


def its_rules_are_enforced(t):
    def consume_twice():
        channel = t.channel()
        collect(channel, auto_ack=True)
        collect(channel, auto_ack=True)

    def publish_without_consumer():
        channel = t.channel()
        channel.confirm_delivery()
        channel.basic_publish("", t.name("any"), b"x", pika.BasicProperties(reply_to=REPLY_TO))

    t.say_refusal("with acknowledgements", lambda: collect(t.channel()))
    t.say_refusal("twice", consume_twice)
    t.say_refusal("publish without a consumer", publish_without_consumer)
    t.say_refusal("exclusive", lambda: collect(t.channel(), auto_ack=True, exclusive=True))
    t.say_refusal("get", lambda: t.channel().basic_get(REPLY_TO))
    t.say_refusal("delete", lambda: t.channel().queue_delete(REPLY_TO))
    t.say_refusal("declare", lambda: t.channel().queue_declare(REPLY_TO))
    t.say_refusal("passive", lambda: t.channel().queue_declare(REPLY_TO, passive=True))


def other_channels_of_the_connection_have_no_part(t):
    connection = t.connect()
    collect(connection.channel(), auto_ack=True)

    def publish():
        other = connection.channel()
        other.confirm_delivery()
        other.basic_publish("", t.name("any"), b"x", pika.BasicProperties(reply_to=REPLY_TO))

    t.say_refusal("publish", publish)


def an_address_can_be_looked_up(t):
    requester = t.channel()
    queue = requester.queue_declare(t.name("inbox")).method.queue
    collect(requester, auto_ack=True)
    requester.basic_publish("", queue, b"x", pika.BasicProperties(reply_to=REPLY_TO))
    address = t.get(requester, queue)[1].reply_to

    def declare():
        declared = t.channel().queue_declare(address, passive=True).method
        t.say("messages", declared.message_count, "consumers", declared.consumer_count, "same name", declared.queue == address)

    declare()
    requester.connection.close()

    def is_gone():
        """the end of the address"""
        try:
            t.channel().queue_declare(address, passive=True)
        except pika.exceptions.ChannelClosedByBroker as closed:
            return closed.reply_code == 404
        return False

    t.until(t.connect(), is_gone)
    t.say("gone with its channel")
    late = t.channel()
    late.confirm_delivery()
    t.say("a late reply is dropped", late.basic_publish("", address, b"late"))


def a_cancelled_requester_gets_nothing(t):
    requester = t.channel()
    replies = collect(requester, auto_ack=True, consumer_tag="replies")
    queue = requester.queue_declare(t.name("inbox")).method.queue
    requester.basic_publish("", queue, b"x", pika.BasicProperties(reply_to=REPLY_TO))
    address = t.get(requester, queue)[1].reply_to
    requester.basic_cancel("replies")
    sender = t.channel()
    sender.confirm_delivery()
    t.say("sent", sender.basic_publish("", address, b"reply"))
    requester.queue_declare(queue, passive=True)
    t.say("came", len(replies))
    again = collect(requester, auto_ack=True)
    t.say("may consume again", len(again))


if __name__ == "__main__":
    broker_transcript.run(
        [
            a_call_is_answered,
            its_rules_are_enforced,
            other_channels_of_the_connection_have_no_part,
            an_address_can_be_looked_up,
            a_cancelled_requester_gets_nothing,
        ]
    )
