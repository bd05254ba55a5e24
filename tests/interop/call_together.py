"""Shows several calls in one message: sends them, and prints each answer, in the order of the calls.

Run:  AMQP_URL=amqp://localhost python call_together.py fib.compute '{"n": 30}' '{"n": 91}'
"""

import os
import struct
import sys
import uuid

import pika

COALESCED = "application/vnd.amqp-rpc.coalesced"


def part(properties, body):
    encoded = b"".join(properties.encode())
    return struct.pack(">I", len(encoded)) + encoded + struct.pack(">I", len(body)) + body


def fields(message):
    while message:
        length = struct.unpack_from(">I", message)[0]
        yield message[4 : 4 + length]
        message = message[4 + length :]


def parts(properties, body):
    """The replies in a message, or the message itself if it is a single reply."""
    if properties.content_type != COALESCED:
        return [(properties, body)]
    found = list(fields(body))
    return [(pika.BasicProperties().decode(found[i]), found[i + 1]) for i in range(0, len(found), 2)]


method, calls = sys.argv[1], sys.argv[2:]
connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
channel = connection.channel()
# The name says that this client reads several replies in one message.
reply_queue = f"amqp-rpc.reply.coalesced.{uuid.uuid4()}"
channel.queue_declare(reply_queue, exclusive=True, auto_delete=True)
requests = [
    part(pika.BasicProperties(content_type="application/json", correlation_id=str(i), expiration="10000"), call.encode())
    for i, call in enumerate(calls)
]
message = pika.BasicProperties(content_type=COALESCED, reply_to=reply_queue, expiration="10000")
channel.basic_publish("amqp-rpc", method, b"".join(requests), message, mandatory=True)
answers = {}
for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
    if properties is None:
        sys.exit("no reply within 10 s")
    for reply, text in parts(properties, body):
        answers[reply.correlation_id] = f"{reply.type} {text.decode()}"
    if len(answers) == len(calls):
        break
connection.close()
for i in range(len(calls)):
    print(answers[str(i)])
