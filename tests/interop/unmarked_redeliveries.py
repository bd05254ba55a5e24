"""Shows that a broker delivers messages of a classic queue again without `redelivered`, with nothing but pika.

Publishes numbered messages, takes them with consumers that come and go without acknowledging all, and meanwhile restarts the
broker's application, raises alarms, deletes the queue and closes connections. A message that was delivered twice, both times
unmarked, breaks what the broker promises; the last line counts them. RabbitMQ 3.10.8 does it after restarts.

Run: scripts/with-rabbitmq.sh "$(scripts/interop-python.sh)" tests/interop/unmarked_redeliveries.py [SECONDS] [SEED]
"""

import collections
import os
import random
import subprocess
import sys
import threading
import time

import pika

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 300
CHANCE = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
BROKER = pika.URLParameters(os.environ["AMQP_URL"] + "?heartbeat=30")
QUEUE = "unmarked"

began = time.time()
stopping = threading.Event()
deliveries = collections.defaultdict(list)
lock = threading.Lock()


def administer(expression):
    """Evaluates Erlang on the broker's node."""
    node = os.environ["AMQP_RPC_TEST_NODE"]
    home, mapper = os.environ["AMQP_RPC_TEST_NODE_HOME"], os.environ["AMQP_RPC_TEST_EPMD_PORT"]
    caller = f"unmarked{CHANCE.randrange(10**9)}"
    subprocess.run(
        [os.environ["AMQP_RPC_TEST_ERL_CALL"], "-h", caller, "-timeout", "30", "-n", node, "-e"],
        input=f"{expression}.\n".encode(),
        env={**os.environ, "HOME": home, "ERL_EPMD_PORT": mapper},
        stdout=subprocess.DEVNULL,
        check=False,
    )


def connect():
    connection = pika.BlockingConnection(BROKER)
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "classic"})
    return connection, channel


def publish():
    number = 0
    while not stopping.is_set():
        try:
            connection, channel = connect()
            while not stopping.is_set():
                for _ in range(20):
                    number += 1
                    properties = pika.BasicProperties(message_id=str(number), delivery_mode=1, expiration="5000")
                    channel.basic_publish("", QUEUE, b"x", properties)
                connection.sleep(0.01)
        except (pika.exceptions.AMQPError, OSError):
            time.sleep(0.1)  # the broker is away


def consume(number):
    chance = random.Random(number)
    while not stopping.is_set():
        try:
            connection, channel = connect()
            channel.basic_qos(prefetch_count=chance.choice([4, 16, 64]))
            unsettled = []

            def take(channel, method, properties, _):
                with lock:
                    deliveries[properties.message_id].append((time.time() - began, method.redelivered))
                unsettled.append(method.delivery_tag)
                if len(unsettled) >= chance.randrange(1, 12):
                    channel.basic_ack(unsettled.pop(chance.randrange(len(unsettled))))

            channel.basic_consume(QUEUE, take)
            until = time.time() + chance.uniform(0.1, 3)
            while time.time() < until and not stopping.is_set():
                connection.process_data_events(0.05)
            if chance.randrange(2):
                channel.close()
            connection.close()
        except (pika.exceptions.AMQPError, OSError):
            time.sleep(0.05)  # the broker is away


def disturb():
    event = CHANCE.randrange(4)
    if event == 0:
        administer("rabbit:stop(), rabbit:start()")
    elif event == 1:
        administer("rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []})")
        time.sleep(CHANCE.uniform(0.2, 1))
        administer("rabbit_alarm:clear_alarm({resource_limit, memory, node()})")
    elif event == 2:
        lookup = f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{QUEUE}">>))'
        administer(f'{lookup}, rabbit_amqqueue:delete(Q, false, false, <<"test">>)')
    else:
        administer('[rabbit_networking:close_connection(P, "test") || P <- rabbit_networking:connections()]')


threads = [threading.Thread(target=publish)] + [threading.Thread(target=consume, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
while time.time() - began < SECONDS:
    time.sleep(CHANCE.uniform(1, 4))
    disturb()
stopping.set()
for thread in threads:
    thread.join()

again = [sorted(times) for times in deliveries.values() if len(times) > 1]
unmarked = [times for times in again if sum(not redelivered for _, redelivered in times) > 1]
for times in unmarked[:5]:
    print("delivered twice, unmarked:", [(round(at, 3), redelivered) for at, redelivered in times])
print(f"{len(deliveries)} messages, {len(again)} delivered more than once, {len(unmarked)} of them unmarked")
