"""The rows of the table: which programs they are, and what they can be asked for.

To add a setting of amqp-rpc as a row: one line in OURS, beside amqp-rpc/src/settings.rs.
"""
import os
from dataclasses import dataclass, replace

PEERS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCRIPTS = os.path.join(PEERS, "scripts")


@dataclass(frozen=True)
class Row:
    name: str
    server: tuple
    client: tuple
    echoes_texts: bool = True
    uses_broker: bool = True
    # A server that cannot say when it is ready writes a log instead; its client waits for it.
    says_ready: bool = True
    # Numbers are the same as those of another row.
    only_texts: bool = False


def rust(name, program, *arguments, **more):
    path = os.path.join(os.environ.get("PEERS_BIN", ""), f"peer-{program}")
    return Row(name, (path, "server", *arguments), (path, "client", *arguments), **more)


def by_hand(name):
    """Lapin by hand, which is benches/throughput."""
    path = os.path.join(os.environ.get("PEERS_BIN", ""), "peer-lapin")
    server, client = ((path, "--role", side, "--only", name) for side in ("server", "client"))
    return Row(f"lapin-{name}", server, client)


def by_hand_with_json_texts(name):
    """The same, with texts as JSON rather than as bytes."""
    row = by_hand(name)
    client = (*row.client, "--json-texts")
    return replace(row, name=f"{row.name}-json", client=client, only_texts=True)


def script(name, interpreter, file):
    command = (os.environ.get(interpreter, ""), os.path.join(SCRIPTS, file))
    return Row(name, (*command, "server"), (*command, "client"), echoes_texts=False)


# Settings of amqp-rpc, by the name of their row.
OURS = {
    "amqp-rpc": (),
    "amqp-rpc-coalesced": ("coalesced",),
}
QUEUE_TYPES = ("classic", "quorum")
CODECS = ("json", "msgpack", "raw")


def all_rows():
    return [
        *(rust(name, "amqp-rpc", *settings) for name, settings in OURS.items()),
        by_hand("best"),
        by_hand_with_json_texts("best"),
        by_hand("spawn"),
        by_hand("inline"),
        by_hand("tutorial"),
        rust("amqprs", "amqprs"),
        rust("raw-sockets", "raw-sockets"),
        rust("tarpc-json", "tarpc", "json", uses_broker=False),
        rust("tarpc-bincode", "tarpc", "bincode", uses_broker=False),
        rust("tonic", "tonic", uses_broker=False),
        rust("kanin", "kanin"),
        rust("ruststream", "ruststream"),
        rust("ruststream-workers", "ruststream", "workers"),
        rust("mom-rpc", "mom-rpc"),
        rust("girolle", "girolle", echoes_texts=False, says_ready=False),
        rust("amqp-client-rust", "amqp-client-rust"),
        rust("amq-rpc", "amq-rpc"),
        script("aio-pika", "PEERS_PYTHON", "aio_pika_peer.py"),
        script("pika", "PEERS_PYTHON", "pika_peer.py"),
        script("nameko", "PEERS_PYTHON", "nameko_peer.py"),
        script("amqplib", "PEERS_NODE", "amqplib_peer.js"),
    ]


def with_settings(rows, codecs, queue_types):
    """Repeats the rows of amqp-rpc for every codec and queue type; what is not the default is in the name."""
    repeated = []
    for row in rows:
        if row.name not in OURS:
            repeated.append(row)
            continue
        for codec in codecs:
            for queue_type in queue_types:
                added = [setting for setting in (codec, queue_type) if setting not in ("json", "classic")]
                repeated.append(
                    replace(
                        row,
                        name="/".join([row.name, *added]),
                        server=(*row.server, *added),
                        client=(*row.client, *added),
                    )
                )
    return repeated
