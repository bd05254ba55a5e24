"""nameko 2 or 3. See program.py. Arguments are an object (by name) or an array (by position)."""

import eventlet

eventlet.monkey_patch()  # before anything else is imported

import signal  # noqa: E402

import contract  # noqa: E402
import nameko  # noqa: E402
import program  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from nameko.exceptions import RemoteError, RpcTimeout  # noqa: E402
from nameko.rpc import rpc  # noqa: E402

IS_VERSION_2 = not hasattr(nameko, "config")


def service_class(service):
    class Math:
        name = service

        @rpc
        def compute(self, n):
            return contract.compute(n)

        @rpc
        def add(self, a, b):
            return contract.add(a, b)

        @rpc
        def greet(self, name):
            return contract.greet(name)

        @rpc
        def nothing(self):
            return contract.nothing()

        @rpc
        def fail(self):
            return contract.fail()

        @rpc
        def slow(self, seconds):
            return contract.slow(seconds)

    return Math


def serve(service, config):
    math = service_class(service)
    container = ServiceContainer(math, config) if IS_VERSION_2 else ServiceContainer(math)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(container.stop))
    container.start()  # returns when it consumes
    program.ready()
    container.wait()


def cluster(config, timeout):
    if IS_VERSION_2:
        from nameko.standalone.rpc import ClusterRpcProxy

        return ClusterRpcProxy(config, timeout=timeout)
    from nameko.standalone.rpc import ClusterRpcClient

    return ClusterRpcClient(timeout=timeout)


def call(service, method, arguments, timeout, config):
    positional, named = (arguments, {}) if isinstance(arguments, list) else ([], arguments)
    with cluster(config, timeout) as services:
        try:
            returned = getattr(services[service], method)(*positional, **named)
        except RpcTimeout:
            return program.timed_out()
        except RemoteError as error:
            return program.error(error.exc_type, error.value, raised="RemoteError")
        # The classes that the client knows are raised as they are: nameko's own, and Python's.
        except Exception as error:
            return program.error(type(error).__name__, str(error))
    return program.value(returned)


def main():
    options = program.arguments()
    config = {"AMQP_URI": program.broker().uri}
    if not IS_VERSION_2:
        nameko.config.setup(config)
    if options.mode == "serve":
        return serve(options.service, config)
    return call(options.service, options.method, options.arguments, options.timeout, config)


if __name__ == "__main__":
    main()
