"""Calls a method of any service with an idempotency key, as often as asked, and prints each reply's `type` and body.

Run:  AMQP_URL=amqp://localhost python call_with_key.py ledger.book '{"amount": 1}' 'order 1' 2
      prints `result 1` twice, and the method has run once
"""

import os
import sys
import uuid

import pika

method, arguments, key, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
channel = connection.channel()
reply_queue = channel.queue_declare(queue="", exclusive=True).method.queue
for _ in range(times):
    request = pika.BasicProperties(
        content_type="application/json",
        correlation_id=str(uuid.uuid4()),
        message_id=key,  # the same in all repetitions of a call
        reply_to=reply_queue,
        expiration="10000",
    )
    channel.basic_publish("amqp-rpc", method, arguments.encode(), request, mandatory=True)
    for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
        if properties is None:
            sys.exit("no reply within 10 s")
        if properties.correlation_id == request.correlation_id:
            print(properties.type, body.decode())
            break
    channel.cancel()
connection.close()
