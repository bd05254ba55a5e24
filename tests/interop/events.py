"""Publishes an event to our subscribers, and receives one as a subscriber of its own: events over pika, without any of our code.

    events.py publish TOPIC PRICE      publishes `prices.changed` about TOPIC
    events.py receive PATTERN          prints the first event that matches, as `TOPIC PRICE`
"""

import argparse
import json
import os

import pika

EXCHANGE = "amqp-rpc.events"
EVENT = "prices.changed"


def publish(channel, topic, price):
    channel.confirm_delivery()
    channel.basic_publish(
        exchange=EXCHANGE,
        routing_key=f"{EVENT}.{topic}" if topic else EVENT,
        body=json.dumps({"price": int(price)}),
        properties=pika.BasicProperties(
            content_type="application/json", type=EVENT, delivery_mode=2
        ),
    )
    print(f"published {topic} {price}")


def receive(channel, pattern):
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, EXCHANGE, f"{EVENT}.{pattern}")
    print("subscribed", flush=True)
    for method, properties, body in channel.consume(queue):
        channel.basic_ack(method.delivery_tag)
        topic = method.routing_key[len(EVENT) + 1 :] or "-"
        print(properties.type, topic, json.loads(body)["price"])
        print("persistent" if properties.delivery_mode == 2 else "transient", properties.reply_to)
        break


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["publish", "receive"])
    parser.add_argument("topic")
    parser.add_argument("price", nargs="?")
    arguments = parser.parse_args()
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    if arguments.what == "publish":
        publish(channel, arguments.topic, arguments.price)
    else:
        receive(channel, arguments.topic)
    connection.close()


if __name__ == "__main__":
    main()
