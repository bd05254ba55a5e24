"""pika by hand, BlockingConnection: pika_peer.py server|client.

The server is that of RabbitMQ's tutorial, with a prefetch of 64. The client makes its next call when an answer comes.
"""
import json
import os
import sys
import threading
import time

import pika

from child import Latencies, Load, check, say, side

QUEUE = "peers.pika"
PREFETCH = 64
POLL_SECONDS = 1


def open_channel():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True)
    return connection, channel


def answer(channel, method, properties, body):
    reply = pika.BasicProperties(content_type="application/json", correlation_id=properties.correlation_id)
    channel.basic_publish("", properties.reply_to, json.dumps(json.loads(body)["n"]), reply)
    channel.basic_ack(method.delivery_tag)


def serve():
    connection, channel = open_channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, answer)
    say("ready")

    def stop_at_end_of_input():
        sys.stdin.read()
        connection.add_callback_threadsafe(channel.stop_consuming)

    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    channel.start_consuming()
    connection.close()


class Client:
    def __init__(self):
        self.connection, self.channel = open_channel()
        self.reply_to = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.basic_consume(self.reply_to, self.finish, auto_ack=True)
        self.started = {}
        self.calls = 0
        self.latencies = None

    def call(self):
        n = self.calls
        self.calls += 1
        self.started[n] = time.perf_counter_ns()
        properties = pika.BasicProperties(
            content_type="application/json", correlation_id=str(n), reply_to=self.reply_to
        )
        self.channel.basic_publish("", QUEUE, json.dumps({"n": n}), properties)

    def finish(self, _channel, _method, properties, body):
        n = int(properties.correlation_id)
        check(n, json.loads(body))
        if self.latencies.record(self.started.pop(n)):
            self.call()

    def apply(self, load):
        self.latencies = Latencies(load)
        for _ in range(load.calls_in_flight):
            self.call()
        while self.started:
            self.connection.process_data_events(time_limit=POLL_SECONDS)
        return self.latencies


def main():
    if side() == "server":
        serve()
        return
    client = Client()
    client.apply(Load(1, 0))
    say("ready")
    for line in sys.stdin:
        client.apply(Load.read(line)).report()
    client.connection.close()


main()
