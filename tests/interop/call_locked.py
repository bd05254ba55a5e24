"""Calls a method that is locked in a cluster: the routing key names the partition of the lock's key. With pika alone.

Run:  AMQP_URL=amqp://localhost python call_locked.py METHOD KEY PARTITIONS ARGUMENTS
      AMQP_URL=amqp://localhost python call_locked.py vms.look 7 4 '{"id": 7}'        prints `result ["vms.look.2-of-4",1795990510078]`
"""

import os
import sys
import uuid
import zlib

import pika

method, key, partitions, arguments = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
partition = zlib.crc32(key.encode()) % partitions
connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
channel = connection.channel()
channel.confirm_delivery()  # with it, pika raises UnroutableError when the servers have another number of partitions
reply_queue = channel.queue_declare(queue="", exclusive=True).method.queue
request = pika.BasicProperties(
    content_type="application/json",
    correlation_id=str(uuid.uuid4()),
    reply_to=reply_queue,
    type=method,
    expiration="10000",
)
channel.basic_publish("amqp-rpc", f"{method}.{partition}-of-{partitions}", arguments.encode(), request, mandatory=True)
for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
    if properties is None:
        sys.exit("no reply within 10 s")
    if properties.correlation_id == request.correlation_id:
        print(properties.type, body.decode())
        break
connection.close()
