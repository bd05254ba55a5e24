"""Sends and receives secrets with nothing but `cryptography.Fernet` and `json`, as docs/secrets.md shows.

Run:  AMQP_URL=amqp://localhost python secrets_peer.py call METHOD PASSWORD --keys=KEY[,KEY] [OPTIONS]
          calls METHOD with {"name": "ada", "password": a token}; prints the reply's type and what its token contains
      AMQP_URL=amqp://localhost python secrets_peer.py serve PASSWORD --keys=KEY[,KEY] [OPTIONS]
          answers one request from the queue `vault` with a token of PASSWORD; prints the request's method and password

Options, of the token that is written:
      --form bare|bound|sealed    the value alone; bound to its method; in a request also sealed. Default: bound
      --bound-to METHOD           bound to another method
      --age SECONDS               as if it had been written then
      --rotate                    written with the last key, then rotated to the first
"""

import argparse
import hashlib
import json
import os
import sys
import time
import uuid

import pika
from cryptography.fernet import Fernet, MultiFernet


def label(part, method, **more):
    return json.dumps({"amqp-rpc": 1, "part": part, "method": method, **more}).encode() + b"\n"


class Keyring:
    def __init__(self, options):
        self.keys = [Fernet(key) for key in options.keys.split(",")]
        self.ring = MultiFernet(self.keys)
        self.options = options

    def encrypt(self, plaintext):
        written_at = int(time.time()) - self.options.age
        if self.options.rotate:
            return self.ring.rotate(self.keys[-1].encrypt_at_time(plaintext, written_at)).decode()
        return self.ring.encrypt_at_time(plaintext, written_at).decode()

    def write(self, value, part, method, **more):
        if self.options.form == "bare":
            return self.encrypt(value.encode())
        return self.encrypt(label(part, self.options.bound_to or method, **more) + json.dumps(value).encode())

    def read(self, token, part, method, **more):
        line, newline, value = self.ring.decrypt(token).partition(b"\n")
        if not line.startswith(b'{"amqp-rpc"'):
            return line.decode() + newline.decode() + value.decode()
        found, expected = json.loads(line), {"amqp-rpc": 1, "part": part, "method": method, **more}
        if found != expected:
            sys.exit(f"the token is for {found}, not {expected}")
        return json.loads(value)

    def seal(self, method, properties, body):
        sealed = {
            "id": properties.correlation_id,
            "reply_to": properties.reply_to or "",
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        return self.encrypt(label("seal", method) + json.dumps(sealed).encode())

    def check_seal(self, method, properties, body):
        line, _, sealed = self.ring.decrypt(properties.headers["secrets-seal"]).partition(b"\n")
        assert json.loads(line) == {"amqp-rpc": 1, "part": "seal", "method": method}
        assert json.loads(sealed) == {
            "id": properties.correlation_id,
            "reply_to": properties.reply_to,
            "sha256": hashlib.sha256(body).hexdigest(),
        }


def call(channel, keyring, method, password):
    reply_queue = channel.queue_declare(queue="", exclusive=True).method.queue
    request = pika.BasicProperties(
        content_type="application/json", correlation_id=str(uuid.uuid4()), reply_to=reply_queue, expiration="10000"
    )
    more = {"sealed": True} if keyring.options.form == "sealed" else {}
    body = json.dumps({"name": "ada", "password": keyring.write(password, "request", method, **more)}).encode()
    if keyring.options.form == "sealed":
        request.headers = {"secrets-seal": keyring.seal(method, request, body)}
    channel.basic_publish("amqp-rpc", method, body, request, mandatory=True)
    for _, properties, body in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=10):
        if properties is None:
            sys.exit("no reply within 10 s")
        value = json.loads(body)
        if properties.type == "result":
            value = keyring.read(value, "reply", method, id=request.correlation_id)
        print(properties.type, value if isinstance(value, str) else value["message"])
        return


def serve(channel, keyring, password):
    for delivery, properties, body in channel.consume("vault", inactivity_timeout=10):
        if properties is None:
            sys.exit("no request within 10 s")
        method, token = properties.type, json.loads(body)["password"]
        more = {}
        if properties.headers and "secrets-seal" in properties.headers:
            keyring.check_seal(method, properties, body)
            more = {"sealed": True}
        print(method, keyring.read(token, "request", method, **more))
        token = keyring.write(password, "reply", method, id=properties.correlation_id)
        reply = pika.BasicProperties(
            content_type="application/json", correlation_id=properties.correlation_id, type="result"
        )
        channel.basic_publish("", properties.reply_to, json.dumps(token), reply)
        channel.basic_ack(delivery.delivery_tag)
        return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["call", "serve"])
    parser.add_argument("arguments", nargs="+", metavar="METHOD PASSWORD")
    parser.add_argument("--keys", required=True)
    parser.add_argument("--form", choices=["bare", "bound", "sealed"], default="bound")
    parser.add_argument("--bound-to")
    parser.add_argument("--age", type=int, default=0)
    parser.add_argument("--rotate", action="store_true")
    options = parser.parse_args()
    connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
    role = {"call": call, "serve": serve}[options.role]
    role(connection.channel(), Keyring(options), *options.arguments)
    connection.close()


if __name__ == "__main__":
    main()
