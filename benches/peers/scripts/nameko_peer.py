"""nameko, with its defaults (10 workers): nameko_peer.py server|client.

The client is nameko's ClusterRpcProxy, in one thread: it keeps N calls in flight and waits for the oldest.
"""
import os
import sys
import time
import warnings
from collections import deque

from child import Latencies, Load, check, say, side

SERVICE = "peers_nameko"
CONFIG = {"AMQP_URI": os.environ["AMQP_URL"]}

# eventlet advises against itself, once for every import.
warnings.simplefilter("ignore")


def serve():
    import eventlet

    eventlet.monkey_patch()
    from eventlet import tpool
    from nameko.containers import ServiceContainer
    from nameko.rpc import rpc

    class Echo:
        name = SERVICE

        @rpc
        def echo(self, n):
            return n

    container = ServiceContainer(Echo, config=CONFIG)
    container.start()
    say("ready")
    tpool.execute(sys.stdin.read)
    container.stop()


def apply(service, load):
    latencies = Latencies(load)
    calls = deque()
    n, goes_on = 0, True
    while calls or goes_on:
        while goes_on and len(calls) < load.calls_in_flight:
            calls.append((n, time.perf_counter_ns(), service.echo.call_async(n)))
            n += 1
        n_of_oldest, started, call = calls.popleft()
        check(n_of_oldest, call.result())
        goes_on = latencies.record(started)
    return latencies


def call():
    from nameko.standalone.rpc import ClusterRpcProxy

    with ClusterRpcProxy(CONFIG, timeout=30) as cluster:
        service = cluster[SERVICE]
        check(0, service.echo(0))
        say("ready")
        for line in sys.stdin:
            apply(service, Load.read(line)).report()


if side() == "server":
    serve()
else:
    call()
