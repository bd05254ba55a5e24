"""Logs in as nobody knows, opens what is not there, breaks the protocol, and shows with which words the broker ends it.

Run:  AMQP_URL=amqp://localhost python broker_closing.py
"""

import pika
import pika.credentials
import pika.exceptions
import pika.spec

import broker_transcript


def say_failed_connection(t, what, **parameters):
    try:
        t.connect(**parameters)
    except pika.exceptions.AMQPConnectionError as error:
        t.say(f"{what}: {type(error).__name__}, {broken_by(error)}")
    else:
        t.say(f"{what}: connected")


def broken_by(error):
    """What the broker said, in whichever exception pika wraps it."""
    for cause in (error, *error.args):
        if isinstance(cause, pika.exceptions.ConnectionClosed):
            return f"{cause.reply_code} {cause.reply_text}"
    return error


def raw(channel, method, content=None):
    """Sends a method that pika itself would not send."""
    channel._impl._send_method(method, content)  # pylint: disable=protected-access


def logins_are_checked(t):
    plain = pika.PlainCredentials
    say_failed_connection(t, "wrong password", credentials=plain("guest", "wrong"))
    say_failed_connection(t, "unknown user", credentials=plain("nobody", "guest"))
    say_failed_connection(t, "no password", credentials=plain("guest", ""))
    say_failed_connection(t, "no user", credentials=plain("", ""))
    say_failed_connection(t, "external", credentials=pika.credentials.ExternalCredentials())


def vhosts_are_checked(t):
    say_failed_connection(t, "missing", virtual_host="no-such-vhost")
    say_failed_connection(t, "empty", virtual_host="")


def the_broker_introduces_itself(t):
    connection = t.connect()
    impl = connection._impl  # pylint: disable=protected-access
    t.say("capabilities", sorted(key for key, is_there in impl.server_capabilities.items() if is_there))
    asked = ("product", "version", "platform", "information")
    t.say("properties", [key for key in asked if impl.server_properties.get(key)])
    t.say("nack", connection.basic_nack_supported, "cancel", connection.consumer_cancel_notify_supported)
    t.say("confirms", connection.publisher_confirms_supported, "bindings", connection.exchange_exchange_bindings_supported)


def limits_are_negotiated(t):
    for asked in ({}, {"heartbeat": 0}, {"heartbeat": 600}, {"heartbeat": 5}, {"frame_max": 4096}, {"frame_max": 131072}):
        tuned = t.connect(**asked)._impl.params  # pylint: disable=protected-access
        t.say(asked, "heartbeat", tuned.heartbeat, "frame_max", tuned.frame_max, "channel_max", tuned.channel_max)


def channels_are_numbered_and_limited(t):
    connection = t.connect(channel_max=2)
    t.say([connection.channel().channel_number for _ in range(2)])
    t.say_refusal("a third", lambda: connection.channel(7))
    t.say_refusal("a number beyond the limit", lambda: t.connect(channel_max=2).channel(7))


def a_channel_error_spares_the_others(t):
    connection = t.connect()
    first, second = connection.channel(), connection.channel()
    second.confirm_delivery()
    queue = second.queue_declare(t.name("inbox")).method.queue
    t.say_refusal("first", lambda: first.queue_declare(t.name("nothing"), passive=True))
    t.say("first", first.is_open, "second", second.is_open, "connection", connection.is_open)
    t.say("second publishes", second.basic_publish("", queue, b"x"))
    again = connection.channel(first.channel_number)
    t.say("the number is free again", again.channel_number, again.queue_declare(queue, passive=True).method.message_count)


def channels_close_and_open_again(t):
    connection = t.connect()
    for _ in range(3):
        channel = connection.channel(5)
        channel.queue_declare("", exclusive=True)
        channel.close(4711, "as I like")
        t.say("closed", channel.is_closed)


def closing_a_connection_is_answered(t):
    connection = t.connect()
    connection.channel()
    connection.close(4711, "as I like")
    t.say("closed", connection.is_closed)


def methods_out_of_place_close_the_connection(t):
    spec = pika.spec

    def send(*methods):
        def act():
            channel = t.channel()
            for method in methods:
                raw(channel, method)
            channel.queue_declare(t.name("after"))

        return act

    t.say_refusal("channel opened twice", send(spec.Channel.Open()))
    t.say_refusal("connection method on a channel", send(spec.Connection.Open("/")))
    t.say_refusal("tune on a channel", send(spec.Connection.TuneOk(1, 4096, 0)))
    t.say_refusal("a reply nobody asked for", send(spec.Queue.DeclareOk("q", 0, 0)))
    t.say_refusal("a delivery from a client", send(spec.Basic.GetEmpty()))
    t.say_refusal("a method between publish and its header", send(spec.Basic.Publish(0, "", "key"), spec.Confirm.Select()))


def methods_on_channels_that_are_not_open_close_the_connection(t):
    connection = t.connect()
    channel = connection.channel(1)
    channel._impl.channel_number = 9  # pylint: disable=protected-access
    t.say_refusal("declare", lambda: channel.queue_declare(t.name("other")))


def flow_is_accepted_and_not_stoppable(t):
    channel = t.channel()
    t.say("active", channel.flow(True))
    t.say_refusal("stop", lambda: channel.flow(False))


if __name__ == "__main__":
    broker_transcript.run(
        [
            logins_are_checked,
            vhosts_are_checked,
            the_broker_introduces_itself,
            limits_are_negotiated,
            channels_are_numbered_and_limited,
            a_channel_error_spares_the_others,
            channels_close_and_open_again,
            closing_a_connection_is_answered,
            methods_out_of_place_close_the_connection,
            methods_on_channels_that_are_not_open_close_the_connection,
            flow_is_accepted_and_not_stoppable,
        ]
    )
