"""Lets messages expire, be refused and be pushed out, and shows where they go and what is written on them.

Run:  AMQP_URL=amqp://localhost python broker_dead_letters.py
"""

import pika

import broker_transcript


def dead_letter_queue(t, channel, short="dead"):
    return channel.queue_declare(t.name(short)).method.queue


def say_dead(t, channel, queue):
    """Takes the next dead message and prints all that is on it."""
    method, properties, body = t.get(channel, queue, auto_ack=True)
    t.say_message("dead", method, body, expiration=properties.expiration)
    t.say_headers(properties.headers)


def expired_messages_are_dead_lettered(t):
    channel = t.channel()
    dead = dead_letter_queue(t, channel)
    arguments = {"x-message-ttl": 20, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    queue = channel.queue_declare(t.name("orders"), arguments=arguments).method.queue
    channel.basic_publish("", queue, b"x", pika.BasicProperties(headers={"kept": 1}, content_type="text/plain"))
    say_dead(t, channel, dead)
    t.say("left", channel.queue_declare(queue, passive=True).method.message_count)


def a_messages_own_expiration_is_taken_off(t):
    channel = t.channel()
    dead = dead_letter_queue(t, channel)
    arguments = {"x-message-ttl": 60000, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    queue = channel.queue_declare(t.name("orders"), arguments=arguments).method.queue
    channel.basic_publish("", queue, b"x", pika.BasicProperties(expiration="20"))
    say_dead(t, channel, dead)


def expiration_zero_means_now_or_never(t):
    channel = t.channel()
    channel.confirm_delivery()
    queue = channel.queue_declare(t.name("orders")).method.queue
    came = []
    channel.basic_publish("", queue, b"nobody waits", pika.BasicProperties(expiration="0"))
    t.say("kept", channel.basic_get(queue, auto_ack=True)[2])
    channel.basic_consume(queue, lambda _c, _m, _p, body: came.append(body), auto_ack=True)
    channel.basic_publish("", queue, b"somebody waits", pika.BasicProperties(expiration="0"))
    t.until(channel.connection, lambda: came)
    t.say("came", came)


def expirations_are_checked(t):
    for expiration in ("soon", "-1", "1.5", "", "10 "):

        def publish():
            channel = t.channel()
            channel.confirm_delivery()
            channel.basic_publish("", t.name("nothing"), b"x", pika.BasicProperties(expiration=expiration))

        t.say_refusal(repr(expiration), publish)


def rejected_messages_are_dead_lettered(t):
    channel = t.channel()
    dead = dead_letter_queue(t, channel)
    channel.exchange_declare(t.name("graveyard"), "topic")
    channel.queue_bind(dead, t.name("graveyard"), "#")
    queue = channel.queue_declare(t.name("orders"), arguments={"x-dead-letter-exchange": t.name("graveyard")}).method.queue
    channel.exchange_declare(t.name("events"), "fanout")
    channel.queue_bind(queue, t.name("events"))
    for body in (b"rejected", b"nacked", b"all 1", b"all 2"):
        channel.basic_publish(t.name("events"), "orders.new", body)
    channel.basic_reject(t.get(channel, queue)[0].delivery_tag, requeue=False)
    say_dead(t, channel, dead)
    channel.basic_nack(t.get(channel, queue)[0].delivery_tag, requeue=False)
    say_dead(t, channel, dead)
    t.get(channel, queue)
    channel.basic_nack(t.get(channel, queue)[0].delivery_tag, multiple=True, requeue=False)
    for _ in range(2):
        say_dead(t, channel, dead)


def pushed_out_messages_are_dead_lettered(t):
    channel = t.channel()
    dead = dead_letter_queue(t, channel)
    arguments = {"x-max-length": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    queue = channel.queue_declare(t.name("short"), arguments=arguments).method.queue
    for body in (b"1", b"2"):
        channel.basic_publish("", queue, body)
    say_dead(t, channel, dead)
    arguments["x-overflow"] = "reject-publish-dlx"
    refusing = channel.queue_declare(t.name("refusing"), arguments=arguments).method.queue
    channel.confirm_delivery()
    channel.basic_publish("", refusing, b"3")
    try:
        channel.basic_publish("", refusing, b"4")
    except pika.exceptions.NackError:
        t.say("refused")
    say_dead(t, channel, dead)
    t.say("kept", t.get(channel, refusing)[2])


def the_history_grows(t):
    """Two queues: what dies in one goes on to the other, and back."""
    channel = t.channel()
    work, wait = t.name("work"), t.name("wait")
    channel.queue_declare(work, arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": wait})
    channel.queue_declare(wait, arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": work, "x-message-ttl": 20})
    channel.basic_publish("", work, b"retried")
    for attempt in range(3):
        method, properties, body = t.get(channel, work)
        t.say_message(f"attempt {attempt + 1}", method, body)
        t.say_headers(properties.headers)
        channel.basic_reject(method.delivery_tag, requeue=False)


def a_cycle_without_rejection_drops_the_message(t):
    channel = t.channel()
    channel.confirm_delivery()
    queue = t.name("itself")
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue, "x-max-length": 1}
    channel.queue_declare(queue, arguments=arguments)
    for body in (b"1", b"2", b"3"):
        channel.basic_publish("", queue, body)
    method, properties, body = t.get(channel, queue, auto_ack=True)
    t.say_message("left", method, body)
    t.say_headers(properties.headers)
    t.say("behind it", channel.basic_get(queue)[2])


def a_missing_exchange_loses_the_dead(t):
    channel = t.channel()
    arguments = {"x-dead-letter-exchange": t.name("nowhere")}
    queue = channel.queue_declare(t.name("orders"), arguments=arguments).method.queue
    channel.basic_publish("", queue, b"x")
    channel.basic_reject(t.get(channel, queue)[0].delivery_tag, requeue=False)
    t.say("left", channel.queue_declare(queue, passive=True).method.message_count, "open", channel.is_open)


def cc_keys_are_part_of_the_history(t):
    channel = t.channel()
    dead = dead_letter_queue(t, channel)
    channel.exchange_declare(t.name("graveyard"), "fanout")
    channel.queue_bind(dead, t.name("graveyard"))
    arguments = {"x-dead-letter-exchange": t.name("graveyard")}
    queue = channel.queue_declare(t.name("orders"), arguments=arguments).method.queue
    headers = {"CC": [t.name("copy")], "BCC": [t.name("blind")]}
    channel.basic_publish("", queue, b"x", pika.BasicProperties(headers=headers))
    channel.basic_reject(t.get(channel, queue)[0].delivery_tag, requeue=False)
    say_dead(t, channel, dead)


def unused_queues_expire(t):
    channel = t.channel()
    channel.queue_declare(t.name("lease"), arguments={"x-expires": 50})

    def is_gone():
        """the end of the queue"""
        # A passive declaration does not count as use of the queue, or it would live for ever here.
        try:
            channel.connection.channel().queue_declare(t.name("lease"), passive=True)
        except pika.exceptions.ChannelClosedByBroker as closed:
            return closed.reply_code == 404
        return False

    def used():
        """a queue in use outlives its lease"""
        return held.basic_get(t.name("used"))[0] is None

    held = t.channel()
    held.queue_declare(t.name("used"), arguments={"x-expires": 200})
    held.basic_consume(t.name("used"), lambda *_: None)
    t.until(held.connection, is_gone)
    t.say("gone", "while the other is", used() and "used")


if __name__ == "__main__":
    broker_transcript.run(
        [
            expired_messages_are_dead_lettered,
            a_messages_own_expiration_is_taken_off,
            expiration_zero_means_now_or_never,
            expirations_are_checked,
            rejected_messages_are_dead_lettered,
            pushed_out_messages_are_dead_lettered,
            the_history_grows,
            a_cycle_without_rejection_drops_the_message,
            a_missing_exchange_loses_the_dead,
            cc_keys_are_part_of_the_history,
            unused_queues_expire,
        ]
    )
