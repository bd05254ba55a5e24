"""The command line that all peers have, and what they print.

    AMQP_URL=amqp://... python NAME_peer.py serve SERVICE [OPTIONS]
    AMQP_URL=amqp://... python NAME_peer.py call SERVICE METHOD JSON-ARGUMENTS [--timeout SECONDS] [OPTIONS]

`serve` prints `ready` once it consumes, and ends on SIGTERM. `call` prints one line of JSON:
{"value": ...}, {"error": {"kind": ..., "message": ...}} or {"timeout": true}.
"""

import argparse
import collections
import json
import os
import signal
import urllib.parse

# A peer ends by itself, whatever its framework waits for.
LIFE_SECONDS = 120

Broker = collections.namedtuple("Broker", "uri host port username password vhost")


def arguments(*options):
    """Parses the command line; `options` are (name, keywords) of add_argument, which both modes take."""
    signal.alarm(LIFE_SECONDS)  # the default action ends the process, also inside of an extension
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    serve = modes.add_parser("serve")
    call = modes.add_parser("call")
    for mode in (serve, call):
        mode.add_argument("service")
        for name, keywords in options:
            mode.add_argument(name, **keywords)
    call.add_argument("method")
    call.add_argument("arguments", type=json.loads)
    call.add_argument("--timeout", type=float, default=10, help="seconds")
    return parser.parse_args()


def broker():
    """AMQP_URL and its parts."""
    uri = os.environ["AMQP_URL"]
    parts = urllib.parse.urlsplit(uri)
    return Broker(
        uri=uri,
        host=parts.hostname,
        port=parts.port or 5672,
        username=urllib.parse.unquote(parts.username or "guest"),
        password=urllib.parse.unquote(parts.password or "guest"),
        vhost=urllib.parse.unquote(parts.path[1:]) or "/",
    )


def ready():
    print("ready", flush=True)


def value(returned):
    print(json.dumps({"value": returned}), flush=True)


def error(kind, message, **more):
    print(json.dumps({"error": {"kind": kind, "message": message, **more}}), flush=True)


def timed_out():
    print(json.dumps({"timeout": True}), flush=True)
