"""Publishes with confirms and with `mandatory`, and shows what the broker says of each message.

Run:  AMQP_URL=amqp://localhost python broker_confirms.py
"""

import pika

import broker_transcript


def confirming(t):
    channel = t.channel()
    channel.confirm_delivery()
    return channel


def accepted_messages_are_confirmed(t):
    channel = confirming(t)
    queue = channel.queue_declare(t.name("orders")).method.queue
    for body in (b"1", b"2", b"3"):
        t.say("confirmed", channel.basic_publish("", queue, body))
    t.say("in the queue", channel.queue_declare(queue, passive=True).method.message_count)


def unroutable_messages_are_confirmed_unless_mandatory(t):
    channel = confirming(t)
    t.say("confirmed", channel.basic_publish("", t.name("nothing"), b"lost"))
    properties = pika.BasicProperties(content_type="text/plain", headers={"key": "value"}, message_id="m1", delivery_mode=2)
    try:
        channel.basic_publish("amq.direct", t.name("nothing"), b"returned", properties, mandatory=True)
    except pika.exceptions.UnroutableError as error:
        for returned in error.messages:
            method = returned.method
            t.say("returned", method.reply_code, method.reply_text, repr(method.exchange), method.routing_key, returned.body)
            t.say("with", returned.properties)


def without_confirms_returns_come_by_themselves(t):
    channel = t.channel()
    returned = []
    channel.add_on_return_callback(lambda _channel, method, _properties, body: returned.append((method, body)))
    for body in (b"1", b"2"):
        channel.basic_publish("", t.name("nothing"), body, mandatory=True)

    def both():
        """both returns"""
        return len(returned) == 2

    t.until(channel.connection, both)
    for method, body in returned:
        t.say(method.reply_code, method.reply_text, method.routing_key, body)


def a_full_queue_refuses(t):
    channel = confirming(t)
    arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
    queue = channel.queue_declare(t.name("full"), arguments=arguments).method.queue
    t.say("first", channel.basic_publish("", queue, b"1"))
    for mandatory in (False, True):
        try:
            channel.basic_publish("", queue, b"2", mandatory=mandatory)
        except pika.exceptions.NackError as error:
            t.say("second", "NackError", len(error.messages), "returned")
    t.say("kept", t.get(channel, queue, auto_ack=True)[2])
    t.say("third", channel.basic_publish("", queue, b"3"))


def one_full_queue_of_several_refuses_for_all(t):
    channel = confirming(t)
    channel.exchange_declare(t.name("events"), "fanout")
    arguments = {"x-max-length": 0, "x-overflow": "reject-publish"}
    full = channel.queue_declare(t.name("full"), arguments=arguments).method.queue
    roomy = channel.queue_declare(t.name("roomy")).method.queue
    for queue in (full, roomy):
        channel.queue_bind(queue, t.name("events"))
    try:
        channel.basic_publish(t.name("events"), "", b"x")
    except pika.exceptions.NackError:
        t.say("NackError, although it is in roomy:", t.get(channel, roomy)[2])


def the_oldest_make_room_by_default(t):
    channel = confirming(t)
    queue = channel.queue_declare(t.name("short"), arguments={"x-max-length": 2}).method.queue
    for body in (b"1", b"2", b"3"):
        channel.basic_publish("", queue, body)
    t.say("kept", [t.get(channel, queue)[2] for _ in range(2)])
    heavy = channel.queue_declare(t.name("heavy"), arguments={"x-max-length-bytes": 10}).method.queue
    for body in (b"12345", b"67890", b"abc"):
        channel.basic_publish("", heavy, body)
    t.say("by bytes", [t.get(channel, heavy)[2] for _ in range(2)])


def a_missing_exchange_closes_the_channel(t):
    channel = confirming(t)
    t.say_refusal("publish", lambda: channel.basic_publish(t.name("nothing"), "key", b"x"))
    t.say("the connection lives", channel.connection.channel().is_open)


def immediate_is_not_implemented(t):
    connection = t.connect()
    channel = connection.channel()
    # The client has no such argument any more, but the method has the bit.
    method = pika.spec.Basic.Publish(exchange="", routing_key="key", immediate=True)
    impl = channel._impl  # pylint: disable=protected-access
    impl._send_method(method, (pika.BasicProperties(), b"x"))  # pylint: disable=protected-access
    t.say_refusal("publish", lambda: channel.queue_declare(t.name("after")))


def the_user_id_is_checked(t):
    channel = confirming(t)
    queue = channel.queue_declare(t.name("orders")).method.queue
    t.say("own", channel.basic_publish("", queue, b"x", pika.BasicProperties(user_id="guest")))
    forged = pika.BasicProperties(user_id="somebody")
    t.say_refusal("another's", lambda: channel.basic_publish("", queue, b"x", forged))


if __name__ == "__main__":
    broker_transcript.run(
        [
            accepted_messages_are_confirmed,
            unroutable_messages_are_confirmed_unless_mandatory,
            without_confirms_returns_come_by_themselves,
            a_full_queue_refuses,
            one_full_queue_of_several_refuses_for_all,
            the_oldest_make_room_by_default,
            a_missing_exchange_closes_the_channel,
            immediate_is_not_implemented,
            the_user_id_is_checked,
        ]
    )
