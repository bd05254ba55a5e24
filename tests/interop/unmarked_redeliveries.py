"""Shows when a broker delivers messages of a classic queue again without `redelivered`, with nothing but pika.

RabbitMQ 3.10.8 tells deliveries from redeliveries by counting messages in their order, and stops counting at one that is missing.
Transient messages that wait while the broker restarts are missing afterwards: from then on the queue marks nothing, until it is deleted.
Where none waits, or they are persistent, it goes on marking. Each line says what was done, and whether a message is marked that is given
back then; the program fails on a broker that does not do what this text says.

Run: scripts/with-rabbitmq.sh "$(scripts/interop-python.sh)" tests/interop/unmarked_redeliveries.py
"""

import os
import subprocess
import sys

import pika

QUEUE = "unmarked"
TRANSIENT, PERSISTENT = 1, 2


def restart():
    """Restarts the broker's application on its node."""
    subprocess.run(
        [os.environ["AMQP_RPC_TEST_ERL_CALL"], "-h", "unmarked", "-timeout", "60", "-n", os.environ["AMQP_RPC_TEST_NODE"], "-e"],
        input=b"rabbit:stop(), rabbit:start().\n",
        env={**os.environ, "HOME": os.environ["AMQP_RPC_TEST_NODE_HOME"], "ERL_EPMD_PORT": os.environ["AMQP_RPC_TEST_EPMD_PORT"]},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def connect():
    channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "classic"})
    # The broker has a message when publishing it returns.
    channel.confirm_delivery()
    return channel


def publish(channel, mode):
    channel.basic_publish("", QUEUE, b"x", pika.BasicProperties(delivery_mode=mode))


def marks(channel):
    """Publishes one message, and gives it back as often as it takes to see whether it is marked."""
    channel.queue_purge(QUEUE)
    publish(channel, TRANSIENT)
    seen = []
    for _ in range(6):
        method, _, _ = channel.basic_get(QUEUE)
        seen.append(method.redelivered)
        channel.basic_nack(method.delivery_tag, requeue=True)
    channel.queue_purge(QUEUE)
    return seen[1:]


def after_restart(waiting, mode):
    channel = connect()
    channel.queue_delete(QUEUE)
    channel = connect()
    for _ in range(waiting):
        publish(channel, mode)
    restart()
    channel = connect()
    # What has survived is delivered, as it would be to servers.
    while (got := channel.basic_get(QUEUE))[0] is not None:
        channel.basic_ack(got[0].delivery_tag)
    return channel


def report(what, seen, expected):
    print(f"{what}: {'marked' if all(seen) else 'not marked' if not any(seen) else seen}")
    if seen != [expected] * len(seen):
        sys.exit("that is not what RabbitMQ 3.10.8 does")


report("restarted while nothing waited", marks(after_restart(0, TRANSIENT)), True)
report("restarted while persistent messages waited", marks(after_restart(2, PERSISTENT)), True)
channel = after_restart(2, TRANSIENT)
report("restarted while transient messages waited", marks(channel), False)
report("after a hundred more messages", [marked for _ in range(100) for marked in marks(channel)], False)
restart()
report("restarted once more", marks(connect()), False)
channel = connect()
channel.queue_delete(QUEUE)
report("deleted and declared again", marks(connect()), True)
