"""The broker that is measured with: its process, its name, and the embedded one in a process of its own."""
import os
import re
import socket
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

from process import read

ANSWER_SECONDS = 10


@contextmanager
def embedded():
    """Runs the embedded broker meanwhile, as the one of AMQP_URL."""
    program = os.path.join(os.environ["PEERS_BIN"], "peer-embedded-broker")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as broker:
        os.environ["AMQP_URL"] = broker.stdout.readline().strip()
        os.environ["PEERS_BROKER"] = "the embedded broker, like "
        yield broker.pid
        broker.stdin.close()


def process():
    """The one that scripts/rabbitmq.sh started; 0 for another, whose CPU is not known."""
    directory = os.environ.get("AMQP_RPC_TEST_BROKER_DIR")
    return int(read(os.path.join(directory, "beam.pid"))) if directory else 0


def name():
    """Product and version, of which every broker tells in its first frame."""
    url = urlsplit(os.environ["AMQP_URL"])
    with socket.create_connection((url.hostname, url.port or 5672), ANSWER_SECONDS) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        start = connection.recv(4096)
    return os.environ.get("PEERS_BROKER", "") + " ".join(text_of(start, key) for key in (b"product", b"version"))


def text_of(table, key):
    # A long string: its type, its length in four bytes, its bytes.
    found = re.search(re.escape(key) + rb"S\x00\x00\x00(.)", table, re.DOTALL)
    if not found:
        return "unknown"
    end = found.end()
    return table[end:end + found[1][0]].decode()
