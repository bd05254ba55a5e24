"""FastStream's RabbitMQ broker. See program.py.

A method's queue is SERVICE.METHOD. Bodies are objects; with --bare a single parameter is the whole body, which is what
FastStream makes of a function with one plain parameter. `note` is published without a reply address.
"""

import asyncio
import signal

import contract
import program
from faststream import FastStream
from faststream.rabbit import RabbitBroker
from pydantic import BaseModel


class Compute(BaseModel):
    n: int


class Greet(BaseModel):
    name: str


class Slow(BaseModel):
    seconds: float


class Note(BaseModel):
    text: str


def objects():
    """Handlers whose bodies are objects: of a model, or of two and more parameters."""

    async def compute(request: Compute):
        return contract.compute(request.n)

    async def greet(request: Greet):
        return contract.greet(request.name)

    async def slow(request: Slow):
        return await sleep(request.seconds)

    async def note(request: Note):
        return contract.note(request.text)

    return compute, greet, slow, note


def bare_values():
    """Handlers of one plain parameter."""

    async def compute(n: int):
        return contract.compute(n)

    async def greet(name: str):
        return contract.greet(name)

    async def slow(seconds: float):
        return await sleep(seconds)

    async def note(text: str):
        return contract.note(text)

    return compute, greet, slow, note


async def add(a: int, b: int):
    return contract.add(a, b)


async def nothing():
    return contract.nothing()


async def fail():
    return contract.fail()


async def sleep(seconds):
    contract.announce("slow", seconds=seconds)
    await asyncio.sleep(seconds)
    return seconds


async def serve(options):
    broker = RabbitBroker(program.broker().uri, logger=None)  # it logs to stdout
    for handler in (add, nothing, fail, *(bare_values() if options.bare else objects())):
        broker.subscriber(f"{options.service}.{handler.__name__}")(handler)
    application = FastStream(broker, logger=None)
    application.after_startup(program.ready)
    # The application does this too, once it runs; a signal may come before.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, application.exit)
    await application.run()


async def call(options):
    arguments = options.arguments
    if options.bare:
        [arguments] = arguments.values()
    queue = f"{options.service}.{options.method}"
    async with RabbitBroker(program.broker().uri, logger=None) as broker:
        if options.method == "note":
            await broker.publish(arguments, queue=queue)
            return program.value(None)
        try:
            reply = await broker.request(arguments, queue=queue, timeout=options.timeout)
            returned = await reply.decode()
        except TimeoutError:
            return program.timed_out()
        except Exception as error:
            return program.error(type(error).__name__, str(error))
    if isinstance(returned, bytes):
        return program.value({"bytes": returned.decode()} if returned else None)
    return program.value(returned)


def main():
    options = program.arguments(("--bare", {"action": "store_true", "help": "a single parameter is the body"}))
    asyncio.run((serve if options.mode == "serve" else call)(options))


if __name__ == "__main__":
    main()
