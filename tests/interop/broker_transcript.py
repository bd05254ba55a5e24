"""Runs the scenarios of a `broker_*.py` script against the broker at AMQP_URL and prints what each of them saw.

A scenario is a function that takes a `Transcript`; its name is the heading. The printed lines are the same for every run and for
every faithful broker: names are unique per run, and what is random in them (generated names, times) is replaced before printing.
"""

import datetime
import logging
import os
import re
import sys
import time
import uuid

import pika
import pika.exceptions

PATIENCE_SECONDS = 20


class Transcript:
    """What one scenario does and sees. Everything that it opened or named is gone from the broker afterwards."""

    def __init__(self):
        self.vhost = read_parameters().virtual_host
        self.prefix = f"pika-{uuid.uuid4().hex[:8]}."
        self.connections = []
        self.names = []
        self.generated = {}

    # --- what scenarios do ---

    def name(self, short):
        """A name for a queue or an exchange that no other run uses. It is printed as `short`."""
        name = self.prefix + short
        if name not in self.names:
            self.names.append(name)
        return name

    def connect(self, **changes):
        """Another connection, by default as AMQP_URL says."""
        parameters = read_parameters()
        for attribute, value in changes.items():
            setattr(parameters, attribute, value)
        connection = pika.BlockingConnection(parameters)
        self.connections.append(connection)
        return connection

    def channel(self):
        """A channel of a connection of its own."""
        return self.connect().channel()

    def until(self, connection, fact):
        """Serves the connection until `fact()` holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not fact():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{fact.__doc__ or 'what was awaited'} did not happen in {PATIENCE_SECONDS} s")
            connection.process_data_events(time_limit=0.05)

    def get(self, channel, queue, auto_ack=False):
        """The message that comes to this queue: waits for it, but not for ever."""
        got = []

        def came():
            """a message"""
            method, properties, body = channel.basic_get(queue, auto_ack=auto_ack)
            if method is not None:
                got.append((method, properties, body))
            return bool(got)

        self.until(channel.connection, came)
        return got[0]

    # --- what they print ---

    def say(self, *words):
        print(" ", *[self.steady(str(word)) for word in words])

    def say_message(self, label, method, body, **more):
        """Method and body of a delivery (a `GetOk` also counts the messages behind it)."""
        words = [f"{label} {body.decode()!r} tag={method.delivery_tag} redelivered={yes(method.redelivered)}"]
        words.append(f"exchange={method.exchange!r} key={method.routing_key!r}")
        if hasattr(method, "message_count"):
            words.append(f"behind={method.message_count}")
        words += [f"{key}={value!r}" for key, value in more.items()]
        self.say(" ".join(words))

    def say_refusal(self, what, action):
        """How the broker refuses `action`: the code and the text with which it closes the channel or the connection."""
        try:
            action()
        except pika.exceptions.ChannelClosedByBroker as closed:
            self.say(f"{what}: channel closed, {closed.reply_code} {closed.reply_text}")
        except pika.exceptions.ConnectionClosedByBroker as closed:
            self.say(f"{what}: connection closed, {closed.reply_code} {closed.reply_text}")
        else:
            self.say(f"{what}: allowed")

    def say_headers(self, headers, indent="  "):
        """A table with its types, sorted: brokers promise no order of the fields they add."""
        for key, value in sorted((headers or {}).items()):
            self.say_value(f"{indent}{key}:", value, indent)

    def say_value(self, label, value, indent):
        if isinstance(value, dict):
            self.say(f"{label} table of {len(value)}")
            self.say_headers(value, indent + "  ")
        elif isinstance(value, list):
            self.say(f"{label} list of {len(value)}")
            for item in value:
                self.say_value(f"{indent}  -", item, indent + "  ")
        elif isinstance(value, datetime.datetime) and abs(value.timestamp() - time.time()) < 60:
            self.say(f"{label} now (datetime)")
        else:
            self.say(f"{label} {value!r} ({type(value).__name__})")

    def steady(self, text):
        """`text` without what differs between runs."""
        text = text.replace(self.prefix, "")
        text = text.replace(f"vhost '{self.vhost}'", "vhost '/'")
        text = re.sub(r"(amq\.gen-)[\w-]{22}\b", self.numbered, text)
        text = re.sub(r"(amq\.ctag-)[\w-]{22}", self.numbered, text)
        return re.sub(r"(ctag\d+\.)[0-9a-f]{32}", self.numbered, text)

    def numbered(self, match):
        number = self.generated.setdefault(match[0], len(self.generated) + 1)
        return f"{match[1]}#{number}"

    # --- the end ---

    def clean_up(self):
        for connection in self.connections:
            if connection.is_open:
                connection.close()
        with pika.BlockingConnection(read_parameters()) as connection:
            channel = connection.channel()
            for name in self.names:
                channel.queue_delete(name)
                channel.exchange_delete(name)


def yes(flag):
    return "yes" if flag else "no"


def read_parameters():
    return pika.URLParameters(os.environ["AMQP_URL"])


def run(scenarios):
    """Runs them in their order; the first that fails ends the program with its traceback and status 1."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    for scenario in scenarios:
        print(scenario.__name__.replace("_", " "))
        transcript = Transcript()
        try:
            scenario(transcript)
        finally:
            transcript.clean_up()
        sys.stdout.flush()
