"""aio-pika's patterns.JsonRPC, with its defaults: aio_pika_peer.py server|client."""
import asyncio
import os
import sys
import time

import aio_pika
from aio_pika.patterns import JsonRPC

from child import Latencies, Load, check, say, side

METHOD = "peers.aio-pika.echo"


async def echo(*, n):
    return n


async def lines():
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await reader.readline():
        yield line.decode()


async def apply(rpc, load):
    latencies = Latencies(load)

    async def call_repeatedly(n):
        goes_on = True
        while goes_on:
            started = time.perf_counter_ns()
            check(n, await rpc.call(METHOD, {"n": n}))
            goes_on = latencies.record(started)
            n += 1

    await asyncio.gather(*(call_repeatedly(task << 32) for task in range(load.calls_in_flight)))
    latencies.report()


async def main():
    connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
    rpc = await JsonRPC.create(await connection.channel())
    if side() == "server":
        await rpc.register(METHOD, echo)
    else:
        check(0, await rpc.call(METHOD, {"n": 0}))
    say("ready")
    async for line in lines():
        await apply(rpc, Load.read(line))
    await connection.close()


asyncio.run(main())
