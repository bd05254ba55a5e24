"""aio-pika's patterns over connect_robust: JsonRPC, RPC (pickled) and JsonMaster. See program.py.

A method's queue is SERVICE.METHOD. --exchange serves and calls through an exchange of this name (JsonRPC and RPC).
With --pattern master, `call` publishes a task, and its value is null once the broker has confirmed it.
"""

import asyncio
import signal

import aio_pika
import contract
import program
from aio_pika.patterns import RPC, JsonMaster, JsonRPC
from aio_pika.patterns.rpc import JsonRPCError

PATTERNS = ("jsonrpc", "pickle", "master")


class Methods:
    """The contract as coroutines with keyword arguments, as aio-pika wants them."""

    async def compute(self, *, n):
        return contract.compute(n)

    async def add(self, *, a, b):
        return contract.add(a, b)

    async def greet(self, *, name):
        return contract.greet(name)

    async def nothing(self):
        return contract.nothing()

    async def fail(self):
        return contract.fail()

    async def slow(self, *, seconds):
        contract.announce("slow", seconds=seconds)
        await asyncio.sleep(seconds)
        return seconds

    async def note(self, *, text):
        return contract.note(text)


async def open_rpc(channel, options):
    pattern = JsonRPC if options.pattern == "jsonrpc" else RPC
    return await pattern.create(channel, **({"exchange": options.exchange} if options.exchange else {}))


async def serve(connection, options):
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    channel = await connection.channel()
    if options.pattern == "master":
        register = JsonMaster(channel, requeue=False).create_worker
        queue = {"durable": True}
    else:
        register = (await open_rpc(channel, options)).register
        queue = {}
    for method in contract.METHODS:
        await register(f"{options.service}.{method}", getattr(Methods(), method), **queue)
    program.ready()
    await ended.wait()


async def call(connection, options):
    channel = await connection.channel()
    name = f"{options.service}.{options.method}"
    if options.pattern == "master":
        await JsonMaster(channel).create_task(name, options.arguments)
        return program.value(None)
    rpc = await open_rpc(channel, options)
    expiration = options.timeout if options.expire else None
    try:
        # Its own TimeoutError, of a request that came back expired, is told apart by its arguments.
        async with asyncio.timeout(options.timeout + 5 if options.expire else options.timeout):
            returned = await rpc.call(name, options.arguments, expiration=expiration)
    except TimeoutError as error:
        return program.error("TimeoutError", error.args[0]) if error.args else program.timed_out()
    except JsonRPCError as error:
        return json_rpc_error(error)
    except Exception as error:
        # The message that came back would be printed whole: only the sentence before it.
        return program.error(type(error).__name__, str(error.args[0]) if error.args else "")
    return program.value(returned)


def json_rpc_error(error):
    """Its arguments are a sentence, and the whole body."""
    body = error.args[1] if len(error.args) > 1 else None
    described = body.get("error") if isinstance(body, dict) else None
    described = described if isinstance(described, dict) else {}
    return program.error(described.get("type"), described.get("message"), raised="JsonRPCError", body=body)


async def run(options):
    connection = await aio_pika.connect_robust(program.broker().uri)
    async with connection:
        await (serve if options.mode == "serve" else call)(connection, options)


def main():
    options = program.arguments(
        ("--pattern", {"choices": PATTERNS, "default": "jsonrpc"}),
        ("--exchange", {}),
        ("--expire", {"action": "store_true", "help": "requests expire in the queue after --timeout"}),
    )
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
