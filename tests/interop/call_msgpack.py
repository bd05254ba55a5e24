"""Calls a method of any service in MessagePack, and prints the reply's content type, `type` and what its body means.

Run:  AMQP_URL=amqp://localhost python call_msgpack.py fib.compute '{"n": 30}'
      prints `application/msgpack result 832040`
"""

import json
import os
import sys
import uuid

import msgpack
import pika

method, arguments = sys.argv[1], json.loads(sys.argv[2])
connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
channel = connection.channel()
reply_queue = channel.queue_declare(queue="", exclusive=True).method.queue
request = pika.BasicProperties(
    content_type="application/x-msgpack",  # as older programs call it
    correlation_id=str(uuid.uuid4()),
    reply_to=reply_queue,
    expiration="10000",
)
channel.basic_publish("amqp-rpc", method, msgpack.packb(arguments), request, mandatory=True)
for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
    if properties is None:
        sys.exit("no reply within 10 s")
    if properties.correlation_id == request.correlation_id:
        # Keys may be lists, which Python cannot hash; as tuples it can.
        value = msgpack.unpackb(body, use_list=False, strict_map_key=False)
        print(properties.content_type, properties.type, value)
        break
connection.close()
