"""Celery, with results by `rpc://`. See program.py.

The service's name is the queue, and a task is SERVICE.METHOD. Arguments are an object (by name) or an array (by position).
`note` is sent without a result. With --expires the task expires after --timeout.
"""

import celery
import contract
import program
from celery import signals
from celery.exceptions import TimeoutError as ResultTimeout


def application():
    app = celery.Celery(broker=program.broker().uri, backend="rpc://", set_as_current=True)
    app.conf.update(
        broker_connection_retry_on_startup=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_prefetch_multiplier=1,
    )
    return app


def serve(options):
    app = application()
    for method in contract.METHODS:
        app.task(getattr(contract, method), name=f"{options.service}.{method}", ignore_result=method == "note")
    signals.worker_ready.connect(lambda **_: program.ready(), weak=False)
    # One process and one thread, and no talk with other workers.
    app.worker_main(
        ["--quiet", "worker", "-P", "solo", "-Q", options.service, "-l", "WARNING", "--without-gossip", "--without-mingle"]
    )


def call(options):
    positional, named = (options.arguments, {}) if isinstance(options.arguments, list) else ([], options.arguments)
    with application() as app:
        result = app.send_task(
            f"{options.service}.{options.method}",
            args=positional,
            kwargs=named,
            queue=options.service,
            ignore_result=options.method == "note",
            expires=options.timeout if options.expires else None,
        )
        if options.method == "note":
            return program.value(None)
        try:
            returned = result.get(timeout=options.timeout)
        except ResultTimeout:
            return program.timed_out()
        except Exception as error:
            return program.error(type(error).__name__, str(error), status=result.status)
    return program.value(returned)


def main():
    options = program.arguments(("--expires", {"action": "store_true"}))
    (serve if options.mode == "serve" else call)(options)


if __name__ == "__main__":
    main()
