"""The same broker through pika's asynchronous `SelectConnection`: a pipeline of publishes, confirms, returns and deliveries.

Run:  AMQP_URL=amqp://localhost python broker_select.py

Every scenario is a generator: it yields until something has happened, and the loop of the connection resumes it.
"""

import functools

import pika

import broker_transcript


class Loop:
    """Runs one scenario on a `SelectConnection` and its loop. Steps are asked for with callbacks and awaited with `yield`."""

    def __init__(self, t, story):
        self.t = t
        self.story = story(self, t)
        self.closed_with = None
        self.connection = pika.SelectConnection(
            broker_transcript.read_parameters(),
            on_open_callback=lambda _: self.resume(),
            on_open_error_callback=lambda _, error: self.fail(error),
            on_close_callback=lambda _, reason: self.closed(reason),
        )
        self.connection.ioloop.call_later(broker_transcript.PATIENCE_SECONDS, self.too_late)
        self.error = None
        self.connection.ioloop.start()
        if self.error:
            raise self.error

    def resume(self, value=None):
        """Tells the story on from the fact it waits for, once pika has finished what it does about that fact."""
        self.connection.ioloop.call_later(0, functools.partial(self.tell, value))

    def tell(self, value):
        try:
            self.story.send(value)
        except StopIteration:
            if self.connection.is_open:
                self.connection.close()
            else:
                self.connection.ioloop.stop()
        except Exception as error:  # pylint: disable=broad-except
            self.fail(error)

    def closed(self, reason):
        self.closed_with = reason
        if isinstance(reason, pika.exceptions.ConnectionClosedByClient):
            self.connection.ioloop.stop()
        else:
            self.resume(reason)

    def too_late(self):
        self.fail(TimeoutError("the story did not go on"))

    def fail(self, error):
        self.error = self.error or error
        self.connection.ioloop.stop()


def asynchronous(story):
    @functools.wraps(story)
    def scenario(t):
        Loop(t, story)

    return scenario


@asynchronous
def a_pipeline_of_publishes_is_confirmed(loop, t):
    channel = yield loop.connection.channel(on_open_callback=loop.resume)
    yield channel.queue_declare(t.name("orders"), callback=loop.resume)
    confirmed, returned = {}, []

    def on_confirm(frame):
        method = frame.method
        # One ack may stand for all up to its tag; a nack, too.
        tags = range(1, method.delivery_tag + 1) if method.multiple else [method.delivery_tag]
        for tag in tags:
            confirmed.setdefault(tag, type(method).__name__)
        if len(confirmed) == 100:
            loop.resume()

    yield channel.confirm_delivery(on_confirm, callback=loop.resume)
    channel.add_on_return_callback(lambda _c, method, _p, body: returned.append((body, len(confirmed))))
    for number in range(1, 101):
        key = t.name("nothing") if number % 10 == 0 else t.name("orders")
        channel.basic_publish("", key, str(number).encode(), mandatory=True)
    yield
    t.say("confirmed", len(confirmed), sorted(set(confirmed.values())), "returned", [body.decode() for body, _ in returned])
    declared = yield channel.queue_declare(t.name("orders"), passive=True, callback=loop.resume)
    t.say("in the queue", declared.method.message_count)


@asynchronous
def returns_come_before_their_confirms(loop, t):
    channel = yield loop.connection.channel(on_open_callback=loop.resume)
    events = []

    def note(event):
        events.append(event)
        if len(events) == 6:
            loop.resume()

    yield channel.confirm_delivery(lambda frame: note(f"{type(frame.method).__name__} {frame.method.delivery_tag}"), callback=loop.resume)
    channel.add_on_return_callback(lambda _c, _m, _p, body: note(f"return of {body.decode()}"))
    for number in (1, 2, 3):
        # Each after the confirm of the one before, so that confirms are not put together.
        channel.basic_publish("", t.name("nothing"), str(number).encode(), mandatory=True)
        while len(events) < 2 * number and number < 3:
            loop.connection.ioloop.call_later(0.001, loop.resume)
            yield
    yield
    t.say(events)


@asynchronous
def channels_work_side_by_side(loop, t):
    channels = []
    for _ in range(3):
        channels.append((yield loop.connection.channel(on_open_callback=loop.resume)))
    came = []

    def on_message(short, channel, method, _properties, body):
        came.append((short, method.delivery_tag, body.decode()))
        channel.basic_ack(method.delivery_tag)
        if len(came) == 9:
            loop.resume()

    for channel, short in zip(channels, "abc"):
        yield channel.queue_declare(t.name(short), callback=loop.resume)
        yield channel.basic_consume(t.name(short), functools.partial(on_message, short), callback=loop.resume)
    for number in range(9):
        channels[0].basic_publish("", t.name("abc"[number % 3]), str(number).encode())
    yield
    t.say(sorted(came))


@asynchronous
def a_closed_channel_gives_its_number_back(loop, t):
    channel = yield loop.connection.channel(on_open_callback=loop.resume)
    channel.add_on_close_callback(lambda _c, reason: loop.resume(reason))
    reason = yield channel.queue_declare(t.name("nothing"), passive=True)
    t.say(reason.reply_code, reason.reply_text)
    again = yield loop.connection.channel(channel.channel_number, on_open_callback=loop.resume)
    t.say("again", again.channel_number)
    closed = yield (again.add_on_close_callback(lambda _c, why: loop.resume(why)), again.close(200, "enough"))
    t.say(type(closed).__name__, closed.reply_code, closed.reply_text)


@asynchronous
def the_deletion_of_a_queue_is_told_to_each_consumer(loop, t):
    channel = yield loop.connection.channel(on_open_callback=loop.resume)
    yield channel.queue_declare(t.name("orders"), callback=loop.resume)
    for tag in ("one", "two"):
        yield channel.basic_consume(t.name("orders"), lambda *_: None, consumer_tag=tag, callback=loop.resume)
    cancelled = []

    def on_cancel(frame):
        cancelled.append(frame.method.consumer_tag)
        if len(cancelled) == 2:
            loop.resume()

    channel.add_on_cancel_callback(on_cancel)
    channel.queue_delete(t.name("orders"))
    yield
    t.say(sorted(cancelled), "open", channel.is_open)


@asynchronous
def a_broken_frame_ends_the_connection(loop, t):
    channel = yield loop.connection.channel(on_open_callback=loop.resume)
    yield channel.queue_declare(t.name("orders"), callback=loop.resume)
    # A heartbeat whose last octet is not the end of a frame.
    loop.connection._output_marshaled_frames([b"\x08\x00\x00\x00\x00\x00\x00\x00"])  # pylint: disable=protected-access
    reason = yield
    t.say(getattr(reason, "reply_code", ""), getattr(reason, "reply_text", type(reason).__name__))


if __name__ == "__main__":
    broker_transcript.run(
        [
            a_pipeline_of_publishes_is_confirmed,
            returns_come_before_their_confirms,
            channels_work_side_by_side,
            a_closed_channel_gives_its_number_back,
            the_deletion_of_a_queue_is_told_to_each_consumer,
            a_broken_frame_ends_the_connection,
        ]
    )
