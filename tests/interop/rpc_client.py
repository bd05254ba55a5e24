"""Shows the RabbitMQ tutorial's RPC client ("fib over rpc_queue"), written from its wire format, calling any server of that queue.

Run:  AMQP_URL=amqp://localhost python rpc_client.py [N]...        default: 30; prints `Got 832040`

On the wire: a request goes to the default exchange with routing key `rpc_queue`, carries `reply_to` and `correlation_id` and no
other property, and its body is a decimal number. The reply is read, without acknowledgements, from a queue that the broker names.
"""

import os
import sys
import time
import uuid

import pika

PATIENCE_SECONDS = 20


class FibonacciClient:
    """Calls one at a time over one connection and one callback queue."""

    def __init__(self, connection):
        self.connection = connection
        self.channel = connection.channel()
        self.callback_queue = self.channel.queue_declare(queue="", exclusive=True).method.queue
        self.awaited_id = None
        self.reply = None
        self.channel.basic_consume(self.callback_queue, self.on_reply, auto_ack=True)

    def on_reply(self, _channel, _method, properties, body):
        # Anyone may send to this queue, and a late reply to an earlier call may still come.
        if properties.correlation_id == self.awaited_id:
            self.reply = body

    def call(self, n):
        self.awaited_id, self.reply = str(uuid.uuid4()), None
        self.channel.basic_publish(
            exchange="",
            routing_key="rpc_queue",
            properties=pika.BasicProperties(reply_to=self.callback_queue, correlation_id=self.awaited_id),
            body=str(n),
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.reply is None:
            if time.monotonic() > deadline:
                sys.exit(f"no reply to fib({n}) within {PATIENCE_SECONDS} s")
            self.connection.process_data_events(time_limit=1)
        return int(self.reply)


def main():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
    client = FibonacciClient(connection)
    for n in map(int, sys.argv[1:] or ["30"]):
        print(f"Requesting fib({n})", flush=True)
        print(f"Got {client.call(n)}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
