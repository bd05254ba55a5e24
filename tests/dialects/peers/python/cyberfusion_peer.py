"""Cyberfusion: rabbitmq-consumer 3.5 or 2.5 as the server, rpc-client 1.2.1 as the client. See program.py.

The service's name is the queue; a method's exchange is SERVICE_METHOD. Values are objects: {"value": 832040}.
Consumer 3.x runs each handler in a unit of systemd. Tests have none: its command runs as a child of this process.
"""

import contextlib
import getpass
import json
import os
import subprocess
import sys
import tempfile
import time
import types

import program

HANDLE = "handle"  # the mode of the child that runs one handler: not for users


def serve(service, fernet_key, lock):
    with contextlib.redirect_stdout(sys.stderr):  # its log goes to what stdout is when it is imported
        from cyberfusion.RabbitMQConsumer import rabbitmq_consume

    import cyberfusion_models

    exchanges = cyberfusion_models.install(service, lock)
    run_handlers_without_systemd(service, lock)
    # It tells systemd that it is ready, after basic.consume.
    rabbitmq_consume.sdnotify.SystemdNotifier.notify = lambda _notifier, _state: program.ready()

    broker = program.broker()
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        json.dump(configuration(broker, service, exchanges, fernet_key), config)
        config.flush()
        sys.argv = ["consumer", f"--virtual-host-name={broker.vhost}", f"--config-file-path={config.name}"]
        rabbitmq_consume.main()


def configuration(broker, queue, exchanges, fernet_key):
    virtual_host = {
        "queue": queue,
        "fernet_key": fernet_key,
        "exchanges": {exchange: {"type": "direct"} for exchange in exchanges},
    }
    return {
        "default_user": getpass.getuser(),
        "server": {
            "host": broker.host,
            "port": broker.port,
            "username": broker.username,
            "password": broker.password,
            "ssl": False,
        },
        "virtual_hosts": {broker.vhost: virtual_host},
    }


def run_handlers_without_systemd(service, lock):
    from cyberfusion.RabbitMQConsumer import processor

    if not hasattr(processor, "TransientUnit"):
        return  # 2.x runs them in its own threads

    runtime = tempfile.mkdtemp(prefix="cyberfusion-")
    processor.Processor.get_runtime_directory = lambda _processor: runtime

    def run_sync(_name, command, *, properties=None, input_=None):
        child = [sys.executable, os.path.abspath(__file__), HANDLE, service, lock or ""]
        # Its stdout is ours: there the handler says that it ran.
        subprocess.run(child + command[1:], input=input_, text=True, check=True)

    processor.TransientUnit.run_sync = run_sync


def handle(service, lock, options):
    """Runs one handler, as the consumer's own command of this purpose does."""
    import cyberfusion_models
    from cyberfusion.RabbitMQConsumer import handle_handler

    cyberfusion_models.install(service, lock or None)
    sys.argv = ["handler", *options]
    handle_handler.main()


def call(service, method, arguments, timeout, mandatory, values_in):
    from cyberfusion.RPCClient import RPCClient, _rpc
    from cyberfusion.RPCClient.containers import RabbitMQCredentials
    from cyberfusion.RPCClient.exceptions import MessageUnroutable

    # It looks for a reply twice a second. Here more often, so that a test is short.
    _rpc.time = types.SimpleNamespace(sleep=lambda _seconds: time.sleep(0.02))

    broker = program.broker()
    credentials = RabbitMQCredentials(
        ssl_enabled=False,
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password=broker.password,
        virtual_host_name=broker.vhost,
    )
    client = RPCClient(
        credentials, queue_name=service, exchange_name=f"{service}_{method}", timeout=max(1, round(timeout))
    )
    try:
        response = json.loads(client.request(arguments, mandatory=mandatory))
    except TimeoutError:
        return program.timed_out()
    except MessageUnroutable:
        return program.error("MessageUnroutable", "")
    if response["success"]:
        data = response["data"]
        return program.value(data[values_in] if values_in and data is not None else data)
    return program.error("unsuccessful", response["message"], data=response["data"])


def main():
    if sys.argv[1:2] == [HANDLE]:
        return handle(sys.argv[2], sys.argv[3], sys.argv[4:])
    options = program.arguments(
        ("--fernet-key", {"help": "decrypts the members that are its tokens"}),
        ("--lock", {"help": "the lock attribute of the handlers that have such a parameter"}),
        ("--mandatory", {"action": "store_true"}),
        ("--values-in", {"help": "the member of data whose value a call prints; data itself without it"}),
    )
    if options.mode == "serve":
        return serve(options.service, options.fernet_key, options.lock)
    return call(options.service, options.method, options.arguments, options.timeout, options.mandatory, options.values_in)


if __name__ == "__main__":
    main()
