"""Sends through every type of exchange, exchanges behind exchanges and alternate exchanges, and shows what arrives where.

Run:  AMQP_URL=amqp://localhost python broker_routing.py
"""

import pika

import broker_transcript


def send_each(t, exchange, keys, queues, headers=None):
    """Publishes one message per key (or per table of headers) and prints which queues got it."""
    channel = t.channel()
    channel.confirm_delivery()
    for key, table in zip(keys, headers or [None] * len(keys)):
        body = f"{key}"
        try:
            channel.basic_publish(exchange, key, body, pika.BasicProperties(headers=table), mandatory=True)
        except pika.exceptions.UnroutableError:
            t.say(f"{key!r} reaches nobody")
            continue
        reached = []
        for queue in queues:
            while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
                reached.append(queue)
                assert got[2].decode() == body, (got, body)
        t.say(f"{key!r} reaches {', '.join(reached)}")


def bound_queues(t, channel, exchange, bindings):
    """Declares a queue per entry and binds it with each of its keys (or tables)."""
    queues = []
    for short, keys in bindings.items():
        queue = channel.queue_declare(t.name(short)).method.queue
        for key in keys:
            if isinstance(key, dict):
                channel.queue_bind(queue, exchange, arguments=key)
            else:
                channel.queue_bind(queue, exchange, key)
        queues.append(queue)
    return queues


def the_default_exchange_routes_to_the_queue_of_that_name(t):
    channel = t.channel()
    orders = channel.queue_declare(t.name("orders")).method.queue
    send_each(t, "", [orders, t.name("nothing")], [orders])


def direct_exchanges_compare_keys(t):
    channel = t.channel()
    channel.exchange_declare(t.name("events"), "direct")
    queues = bound_queues(t, channel, t.name("events"), {"a": ["red"], "b": ["red", "blue", "red"], "c": [""]})
    send_each(t, t.name("events"), ["red", "blue", "green", ""], queues)


def fanout_exchanges_ignore_keys(t):
    channel = t.channel()
    channel.exchange_declare(t.name("events"), "fanout")
    queues = bound_queues(t, channel, t.name("events"), {"a": ["red"], "b": ["", "blue"]})
    send_each(t, t.name("events"), ["red", "anything"], queues)


def topic_exchanges_match_words(t):
    channel = t.channel()
    channel.exchange_declare(t.name("events"), "topic")
    patterns = {
        "all": ["#"],
        "one word": ["*"],
        "two": ["*.*"],
        "a first": ["a.#"],
        "b last": ["#.b"],
        "a to b": ["a.#.b"],
        "star between": ["a.*.b"],
        "two hashes": ["#.c.#"],
        "exact": ["a.b"],
        "both": ["a.*", "*.b"],
        "no wildcard": ["a*.b#"],
    }
    queues = bound_queues(t, channel, t.name("events"), patterns)
    keys = ["", "a", "b", "a.b", "a.x.b", "a.x.y.b", "a.c.b", "c", "a..b", ".", "a*.b#", "x.y.z"]
    send_each(t, t.name("events"), keys, queues)


def headers_exchanges_match_tables(t):
    channel = t.channel()
    channel.exchange_declare(t.name("events"), "headers")
    bindings = {
        "all": [{"x-match": "all", "kind": "order", "size": 1}],
        "any": [{"x-match": "any", "kind": "order", "size": 1}],
        "default": [{"kind": "order"}],
        "present": [{"x-match": "any", "kind": None}],
        "empty all": [{"x-match": "all"}],
        "empty any": [{"x-match": "any"}],
        "x ignored": [{"x-match": "all", "x-kind": "other", "size": 1}],
    }
    queues = bound_queues(t, channel, t.name("events"), bindings)
    tables = {
        "nothing": {},
        "kind and size": {"kind": "order", "size": 1},
        "kind": {"kind": "order"},
        "size": {"size": 1},
        "another kind": {"kind": "refund"},
        "another type": {"kind": "order", "size": "1"},
        "more": {"kind": "order", "size": 1, "colour": "red"},
    }
    send_each(t, t.name("events"), list(tables), queues, list(tables.values()))
    t.say_refusal("x-match", lambda: t.channel().queue_bind(queues[0], t.name("events"), "", {"x-match": "some"}))


def exchanges_feed_exchanges_and_a_queue_gets_one_copy(t):
    channel = t.channel()
    channel.exchange_declare(t.name("source"), "topic")
    channel.exchange_declare(t.name("middle"), "fanout")
    channel.exchange_declare(t.name("loop"), "fanout")
    channel.exchange_bind(t.name("middle"), t.name("source"), "orders.#")
    channel.exchange_bind(t.name("loop"), t.name("middle"))
    channel.exchange_bind(t.name("middle"), t.name("loop"))
    queues = bound_queues(t, channel, t.name("middle"), {"behind": [""]})
    channel.queue_bind(queues[0], t.name("loop"))
    channel.queue_bind(queues[0], t.name("source"), "orders.*")
    queues += bound_queues(t, channel, t.name("source"), {"direct": ["orders.new"]})
    send_each(t, t.name("source"), ["orders.new", "orders", "refunds"], queues)
    channel.exchange_unbind(t.name("middle"), t.name("source"), "orders.#")
    send_each(t, t.name("source"), ["orders.new", "orders"], queues)


def alternate_exchanges_take_what_is_unroutable(t):
    channel = t.channel()
    channel.exchange_declare(t.name("rest"), "fanout")
    channel.exchange_declare(t.name("events"), "direct", arguments={"alternate-exchange": t.name("rest")})
    queues = bound_queues(t, channel, t.name("events"), {"known": ["red"]})
    send_each(t, t.name("events"), ["blue"], queues)
    queues += bound_queues(t, channel, t.name("rest"), {"unknown": [""]})
    send_each(t, t.name("events"), ["red", "blue"], queues)


def the_cc_and_bcc_headers_add_keys(t):
    channel = t.channel()
    for short in ("to", "cc", "bcc"):
        channel.queue_declare(t.name(short))
    headers = {"CC": [t.name("cc")], "BCC": [t.name("bcc")], "kept": "yes"}
    channel.basic_publish("", t.name("to"), b"x", pika.BasicProperties(headers=headers))
    for short in ("to", "cc", "bcc"):
        method, properties, body = t.get(channel, t.name(short), auto_ack=True)
        t.say_message(short, method, body)
        t.say_headers(properties.headers)
    bad = pika.BasicProperties(headers={"CC": "no list"})

    def publish():
        other = t.channel()
        other.confirm_delivery()
        other.basic_publish("", t.name("to"), b"x", bad)

    t.say_refusal("CC must be a list", publish)


if __name__ == "__main__":
    broker_transcript.run(
        [
            the_default_exchange_routes_to_the_queue_of_that_name,
            direct_exchanges_compare_keys,
            fanout_exchanges_ignore_keys,
            topic_exchanges_match_words,
            headers_exchanges_match_tables,
            exchanges_feed_exchanges_and_a_queue_gets_one_copy,
            alternate_exchanges_take_what_is_unroutable,
            the_cc_and_bcc_headers_add_keys,
        ]
    )
