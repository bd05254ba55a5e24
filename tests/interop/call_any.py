"""Shows our own protocol in twenty lines: calls any method of any service and prints the reply's `type` and body.

Run:  AMQP_URL=amqp://localhost python call_any.py fib.compute '{"n": 30}'        prints `result 832040`
"""

import os
import sys
import uuid

import pika

method, arguments = sys.argv[1], sys.argv[2]
connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
channel = connection.channel()
channel.confirm_delivery()  # with it, pika raises UnroutableError when no server has such a queue
reply_queue = channel.queue_declare(queue="", exclusive=True).method.queue
request = pika.BasicProperties(
    content_type="application/json",
    correlation_id=str(uuid.uuid4()),
    reply_to=reply_queue,
    expiration="10000",  # milliseconds: the caller waits no longer, so no server should start it later
)
channel.basic_publish("amqp-rpc", method, arguments.encode(), request, mandatory=True)
for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
    if properties is None:
        sys.exit("no reply within 10 s")
    if properties.correlation_id == request.correlation_id:
        print(properties.type, body.decode())
        break
connection.close()
