"""The RabbitMQ tutorial's RPC in Python, with pika 1.3 or 1.4, and S2's sum. See program.py.

It has one queue and one function: the service's name is the queue, and --method chooses what is served. Arguments are
an array. Bodies are text: `30`, or `2,40` for two parameters. Nothing handles errors: what a method raises ends the server.
"""

import time
import uuid

import contract
import pika
import program

SHAPES = {
    "seed": {},
    "upstream": {"durable": True, "arguments": {"x-queue-type": "quorum"}},
}


def number_or_text(text):
    try:
        return int(text)
    except ValueError:
        return text


def serve(service, method, shape):
    function = getattr(contract, method)

    def on_request(channel, delivery, properties, body):
        arguments = [number_or_text(part) for part in body.decode().split(",")] if body else []
        returned = function(*arguments)
        channel.basic_publish(
            exchange="",
            routing_key=properties.reply_to,
            properties=pika.BasicProperties(correlation_id=properties.correlation_id),
            body=str(returned),
        )
        channel.basic_ack(delivery_tag=delivery.delivery_tag)

    channel = pika.BlockingConnection(pika.URLParameters(program.broker().uri)).channel()
    channel.queue_declare(queue=service, **SHAPES[shape])
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=service, on_message_callback=on_request)
    program.ready()
    channel.start_consuming()


def call(service, arguments, timeout):
    connection = pika.BlockingConnection(pika.URLParameters(program.broker().uri))
    channel = connection.channel()
    callback_queue = channel.queue_declare(queue="", exclusive=True).method.queue
    correlation_id, replies = str(uuid.uuid4()), []

    def on_response(_channel, _delivery, properties, body):
        if properties.correlation_id == correlation_id:
            replies.append(body)

    channel.basic_consume(queue=callback_queue, on_message_callback=on_response, auto_ack=True)
    channel.basic_publish(
        exchange="",
        routing_key=service,
        properties=pika.BasicProperties(reply_to=callback_queue, correlation_id=correlation_id),
        body=",".join(map(str, arguments)),
    )
    deadline = time.monotonic() + timeout
    while not replies:
        left = deadline - time.monotonic()
        if left <= 0:
            return program.timed_out()
        connection.process_data_events(time_limit=left)
    return program.value(number_or_text(replies[0].decode()))


def main():
    options = program.arguments(
        ("--method", {"choices": contract.METHODS, "default": "compute", "dest": "served"}),
        ("--shape", {"choices": SHAPES, "default": "seed", "help": "how the queue is declared"}),
    )
    if options.mode == "serve":
        return serve(options.service, options.served, options.shape)
    return call(options.service, options.arguments, options.timeout)


if __name__ == "__main__":
    main()
