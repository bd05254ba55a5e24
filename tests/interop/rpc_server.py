"""Shows the RabbitMQ tutorial's RPC server ("fib over rpc_queue"), written from its wire format, answering any client of that queue.

Run:  AMQP_URL=amqp://localhost python rpc_server.py [--shape seed|upstream]        prints `Awaiting RPC requests` once it is live

The tutorial has declared its queue in two ways over the years: `seed` (transient) and `upstream` (durable, quorum). One request is
taken at a time; its reply goes to the default exchange with routing key `reply_to`, carries `correlation_id` and no other property,
and is written before the request is acknowledged.
"""

import argparse
import os

import pika

SHAPES = {
    "seed": {},
    "upstream": {"durable": True, "arguments": {"x-queue-type": "quorum"}},
}


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def on_request(channel, method, properties, body):
    n = int(body)
    print(f"fib({n})", flush=True)
    channel.basic_publish(
        exchange="",
        routing_key=properties.reply_to,
        properties=pika.BasicProperties(correlation_id=properties.correlation_id),
        body=str(fib(n)),
    )
    channel.basic_ack(method.delivery_tag)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=SHAPES, default="upstream", help="how rpc_queue is declared")
    shape = SHAPES[parser.parse_args().shape]

    connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
    channel = connection.channel()
    channel.queue_declare(queue="rpc_queue", **shape)
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume("rpc_queue", on_request)
    print("Awaiting RPC requests", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
