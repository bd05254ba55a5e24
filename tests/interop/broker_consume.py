"""Consumes, gets, settles, cancels and limits what is in flight, and shows order and flags of what is delivered.

Run:  AMQP_URL=amqp://localhost python broker_consume.py
"""

import broker_transcript


class Consumer:
    """A consumer that keeps what it was given."""

    def __init__(self, channel, queue, **options):
        self.channel = channel
        self.deliveries = []
        self.tag = channel.basic_consume(queue, self.on_message, **options)

    def on_message(self, _channel, method, _properties, body):
        self.deliveries.append((method, body))

    def bodies(self):
        return [body.decode() for _, body in self.deliveries]


def filled(t, short, bodies, arguments=None):
    """A queue with these messages in it; also the channel that put them there."""
    channel = t.channel()
    queue = channel.queue_declare(t.name(short), arguments=arguments).method.queue
    channel.confirm_delivery()
    for body in bodies:
        channel.basic_publish("", queue, body.encode())
    return channel, queue


def wait_for(t, consumer, count):
    def came():
        """a delivery"""
        return len(consumer.deliveries) >= count

    t.until(consumer.channel.connection, came)


def quiet(t, connection):
    """Everything that the broker had sent on this connection before now has been handled: it answers in order."""
    connection.channel().close()
    connection.process_data_events(time_limit=0)


def messages_come_in_order_and_are_acknowledged(t):
    channel, queue = filled(t, "orders", "abc")
    consumer = Consumer(channel, queue)
    wait_for(t, consumer, 3)
    for method, body in consumer.deliveries:
        t.say_message("got", method, body)
        channel.basic_ack(method.delivery_tag)
    quiet(t, channel.connection)
    channel.connection.close()
    t.say("left", t.channel().queue_declare(queue, passive=True).method.message_count)


def what_is_not_acknowledged_comes_back_in_its_place(t):
    _, queue = filled(t, "orders", "abcde")
    first = t.channel()
    consumer = Consumer(first, queue)
    wait_for(t, consumer, 5)
    first.basic_ack(consumer.deliveries[1][0].delivery_tag)
    first.connection.close()
    channel = t.channel()
    for _ in "acde":
        method, _, body = t.get(channel, queue)
        t.say_message("got", method, body)


def messages_are_requeued_in_their_place(t):
    channel, queue = filled(t, "orders", "abcd")
    tags = [channel.basic_get(queue)[0].delivery_tag for _ in "abc"]
    channel.basic_nack(tags[1], requeue=True)
    channel.basic_reject(tags[0], requeue=True)
    while (got := channel.basic_get(queue))[0] is not None:
        t.say_message("got", got[0], got[2])
    channel.basic_nack(0, multiple=True, requeue=True)
    t.say("ready again", [t.get(channel, queue)[2].decode() for _ in "abcd"])
    channel.basic_recover(requeue=True)
    t.say("recovered", [t.get(channel, queue)[2].decode() for _ in "abcd"])
    channel.basic_ack(0, multiple=True)
    t.say("left", channel.queue_declare(queue, passive=True).method.message_count)
    t.say("get", *channel.basic_get(queue))


def multiple_settles_up_to_a_tag(t):
    channel, queue = filled(t, "orders", "abcde")
    tags = [channel.basic_get(queue)[0].delivery_tag for _ in "abcde"]
    channel.basic_ack(tags[2], multiple=True)
    channel.connection.close()
    t.say("left", [t.get(t.channel(), queue)[2].decode()])
    t.say("count", t.channel().queue_declare(queue, passive=True).method.message_count)


def unknown_tags_close_the_channel(t):
    channel, queue = filled(t, "orders", "a")

    def twice():
        tag = channel.basic_get(queue)[0].delivery_tag
        channel.basic_ack(tag)
        channel.basic_ack(tag)
        channel.queue_declare(queue, passive=True)

    def unknown(settle):
        def act():
            other = t.channel()
            settle(other)
            other.queue_declare(queue, passive=True)

        return act

    t.say_refusal("acked twice", twice)
    t.say_refusal("ack", unknown(lambda other: other.basic_ack(7)))
    t.say_refusal("ack multiple", unknown(lambda other: other.basic_ack(7, multiple=True)))
    t.say_refusal("nack", unknown(lambda other: other.basic_nack(7)))
    t.say_refusal("reject", unknown(lambda other: other.basic_reject(7)))
    t.say_refusal("ack all of nothing", unknown(lambda other: other.basic_ack(0, multiple=True)))


def prefetch_limits_what_is_in_flight(t):
    _, queue = filled(t, "orders", "abcdef")
    channel = t.channel()
    channel.basic_qos(prefetch_count=2)
    consumer = Consumer(channel, queue)
    wait_for(t, consumer, 2)
    quiet(t, channel.connection)
    t.say("at first", consumer.bodies())
    channel.basic_ack(consumer.deliveries[0][0].delivery_tag)
    wait_for(t, consumer, 3)
    quiet(t, channel.connection)
    t.say("after one ack", consumer.bodies())
    channel.basic_ack(consumer.deliveries[2][0].delivery_tag, multiple=True)
    wait_for(t, consumer, 5)
    quiet(t, channel.connection)
    t.say("after an ack of two", consumer.bodies())
    eager = Consumer(channel, queue, auto_ack=True)
    wait_for(t, eager, 1)
    t.say("without acks there is no limit", eager.bodies())


def prefetch_of_a_channel_is_shared(t):
    _, queue = filled(t, "orders", "abcdef")
    channel = t.channel()
    channel.basic_qos(prefetch_count=3, global_qos=True)
    first, second = Consumer(channel, queue), Consumer(channel, queue)
    wait_for(t, first, 1)

    def are_three():
        """three deliveries"""
        return len(first.deliveries) + len(second.deliveries) >= 3

    t.until(channel.connection, are_three)
    quiet(t, channel.connection)
    t.say("in flight", sorted(first.bodies() + second.bodies()))
    t.say_refusal("a prefetch in bytes", lambda: t.channel().basic_qos(prefetch_size=1))


def consumers_take_turns(t):
    channel = t.channel()
    queue = channel.queue_declare(t.name("orders")).method.queue
    consumers = [Consumer(channel, queue, auto_ack=True) for _ in range(3)]
    for body in "abcdef":
        channel.basic_publish("", queue, body.encode())

    def all_came():
        """six deliveries"""
        return sum(len(consumer.deliveries) for consumer in consumers) == 6

    t.until(channel.connection, all_came)
    for consumer in consumers:
        t.say(consumer.bodies())


def a_cancelled_consumer_keeps_what_it_has(t):
    channel, queue = filled(t, "orders", "ab")
    channel.basic_qos(prefetch_count=1)
    consumer = Consumer(channel, queue)
    wait_for(t, consumer, 1)
    channel.basic_cancel(consumer.tag)
    t.say("ready", channel.queue_declare(queue, passive=True).method.message_count)
    channel.basic_ack(consumer.deliveries[0][0].delivery_tag)
    t.say("cancelling nothing", channel.basic_cancel("no such tag"))
    method, _, body = t.get(channel, queue)
    t.say_message("got", method, body)


def deleting_a_queue_cancels_its_consumers(t):
    channel, queue = filled(t, "orders", "")
    consumer = Consumer(channel, queue, consumer_tag="mine")
    cancelled = []
    channel.add_on_cancel_callback(lambda frame: cancelled.append(frame.method))
    t.say("the tag is kept", consumer.tag)
    t.channel().queue_delete(queue)

    def was_cancelled():
        """the notification"""
        return bool(cancelled)

    t.until(channel.connection, was_cancelled)
    t.say("cancelled", cancelled[0].consumer_tag, "nowait", cancelled[0].nowait)
    t.say("the channel lives", channel.queue_declare(t.name("other")).method.queue)


def an_exclusive_consumer_is_alone(t):
    channel, queue = filled(t, "orders", "")
    Consumer(channel, queue, exclusive=True)
    t.say_refusal("another", lambda: Consumer(t.channel(), queue))
    channel.connection.close()
    other = t.channel()
    Consumer(other, queue)
    t.say_refusal("exclusive beside another", lambda: Consumer(t.channel(), queue, exclusive=True))


def tags_are_unique_per_channel(t):
    channel, queue = filled(t, "orders", "")
    connection = channel.connection
    Consumer(channel, queue, consumer_tag="same")
    Consumer(connection.channel(), queue, consumer_tag="same")
    t.say("consumers", channel.queue_declare(queue, passive=True).method.consumer_count)


def a_single_active_consumer_is_replaced(t):
    channel, queue = filled(t, "orders", "ab", {"x-single-active-consumer": True})
    first, second = Consumer(channel, queue), Consumer(channel, queue)
    wait_for(t, first, 2)
    quiet(t, channel.connection)
    t.say("active", first.bodies(), "waiting", second.bodies())
    channel.basic_cancel(first.tag)
    channel.basic_publish("", queue, b"c")
    wait_for(t, second, 1)
    t.say("then", first.bodies(), second.bodies())
    t.say_refusal("exclusive", lambda: Consumer(t.channel(), queue, exclusive=True))


if __name__ == "__main__":
    broker_transcript.run(
        [
            messages_come_in_order_and_are_acknowledged,
            what_is_not_acknowledged_comes_back_in_its_place,
            messages_are_requeued_in_their_place,
            multiple_settles_up_to_a_tag,
            unknown_tags_close_the_channel,
            prefetch_limits_what_is_in_flight,
            prefetch_of_a_channel_is_shared,
            consumers_take_turns,
            a_cancelled_consumer_keeps_what_it_has,
            deleting_a_queue_cancels_its_consumers,
            an_exclusive_consumer_is_alone,
            tags_are_unique_per_channel,
            a_single_active_consumer_is_replaced,
        ]
    )
