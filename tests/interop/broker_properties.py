"""Sends every property, every type of header that pika knows, and bodies of many frames, and shows them as they arrive.

Run:  AMQP_URL=amqp://localhost python broker_properties.py
"""

import datetime
import decimal
import hashlib

import pika

import broker_transcript

WHEN = datetime.datetime(2024, 2, 29, 12, 34, 56, tzinfo=datetime.timezone.utc)


def sent_and_received(t, body, properties, **parameters):
    """Through a queue, on a connection with these parameters."""
    channel = t.connect(**parameters).channel()
    channel.confirm_delivery()
    queue = channel.queue_declare(t.name("inbox")).method.queue
    channel.basic_publish("", queue, body, properties)
    return t.get(channel, queue, auto_ack=True)[1:]


def every_property_arrives(t):
    properties = pika.BasicProperties(
        content_type="application/json",
        content_encoding="gzip",
        headers={"key": "value"},
        delivery_mode=2,
        priority=7,
        correlation_id="c-1",
        reply_to="replies",
        expiration="60000",
        message_id="m-1",
        timestamp=1709210096,
        type="order",
        user_id="guest",
        app_id="tests",
        cluster_id="c",
    )
    received, _ = sent_and_received(t, b"x", properties)
    t.say(received)
    t.say("the same", received == properties)


def no_property_stays_no_property(t):
    received, body = sent_and_received(t, b"", pika.BasicProperties())
    t.say(received, "body of", len(body))
    t.say("headers", received.headers)
    received, _ = sent_and_received(t, b"", pika.BasicProperties(headers={}, content_type="", priority=0, timestamp=0))
    t.say("empty ones stay too", received.headers, repr(received.content_type), received.priority, received.timestamp)


def every_type_of_header_arrives(t):
    headers = {
        "true": True,
        "false": False,
        "zero": 0,
        "negative": -1,
        "smallest int": -(2**31),
        "largest int": 2**31 - 1,
        "long": 2**31,
        "smallest long": -(2**63),
        "largest long": 2**63 - 1,
        "decimal": decimal.Decimal("3.1415"),
        "string": "žluťoučký kůň",
        "empty string": "",
        "bytes": b"\x00\xff",
        "time": WHEN,
        "nothing": None,
        "list": [1, "two", None, [3, {"four": 4}], b"five"],
        "empty list": [],
        "table": {"inner": {"innermost": [{"deep": True}]}},
        "empty table": {},
        "x" * 128: "a long key",
    }
    received, _ = sent_and_received(t, b"x", pika.BasicProperties(headers=headers))
    t.say_headers(received.headers)
    t.say("in the same order", list(received.headers) == list(headers), "equal", received.headers == headers)


def deeply_nested_headers_arrive(t):
    headers = {"depth": 0}
    for depth in range(1, 40):
        headers = {"depth": depth, "inner": headers, "list": [[depth]]}
    received, _ = sent_and_received(t, b"x", pika.BasicProperties(headers=headers))
    t.say("equal", received.headers == headers)


def headers_of_almost_a_frame_arrive(t):
    headers = {f"key {n}": "v" * 1000 for n in range(120)}
    received, _ = sent_and_received(t, b"x", pika.BasicProperties(headers=headers))
    t.say("headers", len(received.headers), "equal", received.headers == headers)


def bodies_of_any_size_arrive(t):
    for frame_max in (131072, 4096):
        # A frame has 8 bytes beside its payload: sizes around one and two whole frames.
        payload = frame_max - 8
        for size in (0, 1, payload - 1, payload, payload + 1, 2 * payload, 1024 * 1024):
            sent = bytes(n % 251 for n in range(size))
            _, received = sent_and_received(t, sent, pika.BasicProperties(), frame_max=frame_max)
            t.say("frames of", frame_max, "body of", len(received), hashlib.sha256(received).hexdigest()[:12], received == sent)


def large_messages_may_alternate_with_small_ones(t):
    channel = t.connect(frame_max=4096).channel()
    queue = channel.queue_declare(t.name("inbox")).method.queue
    sizes = [300_000, 0, 5, 1_000_000, 1, 4096, 0, 200_000]
    for number, size in enumerate(sizes):
        channel.basic_publish("", queue, bytes([number]) * size)
    came = []
    other = t.channel()
    other.basic_consume(queue, lambda _c, _m, _p, body: came.append(body), auto_ack=True)
    t.until(other.connection, lambda: len(came) == len(sizes))
    t.say("sizes", [len(body) for body in came])
    t.say("contents", [sorted(set(body)) for body in came])


def priorities_are_carried(t):
    channel = t.channel()
    queue = channel.queue_declare(t.name("inbox")).method.queue
    for priority in (1, 9, 255):
        channel.basic_publish("", queue, b"x", pika.BasicProperties(priority=priority))
    t.say([t.get(channel, queue)[1].priority for _ in range(3)])


if __name__ == "__main__":
    broker_transcript.run(
        [
            every_property_arrives,
            no_property_stays_no_property,
            every_type_of_header_arrives,
            deeply_nested_headers_arrive,
            headers_of_almost_a_frame_arrive,
            bodies_of_any_size_arrive,
            large_messages_may_alternate_with_small_ones,
            priorities_are_carried,
        ]
    )
