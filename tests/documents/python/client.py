"""A client of the service `fib`: what it sends and reads are the models that were generated from the contract's document.

Run:  AMQP_URL=amqp://localhost python client.py N...        a line for each: `result 55`, `error limit 90` or `fault bad_request`
"""

import os
import sys
import uuid
from typing import Any

import pika  # type: ignore[import-untyped, unused-ignore]
from models import FibComputeReply, FibComputeRequest, FibError, RpcFault

PATIENCE_SECONDS = 20


class MethodError(Exception):
    """The method's own error."""

    def __init__(self, error: FibError) -> None:
        super().__init__(error)
        self.error = error


class Fault(Exception):
    """There is neither a result nor an error of the method."""

    def __init__(self, fault: RpcFault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class Fib:
    """The service, over one channel."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.channel.confirm_delivery()
        self.reply_queue: str = channel.queue_declare(queue="", exclusive=True).method.queue

    def compute(self, request: FibComputeRequest) -> FibComputeReply:
        outcome, body = self.call("fib.compute", request.model_dump_json(exclude_none=True))
        if outcome == "error":
            raise MethodError(FibError.model_validate_json(body))
        if outcome == "fault":
            raise Fault(RpcFault.model_validate_json(body))
        return FibComputeReply.model_validate_json(body)

    def call(self, key: str, body: str) -> tuple[str, bytes]:
        request = pika.BasicProperties(
            content_type="application/json",
            correlation_id=str(uuid.uuid4()),
            reply_to=self.reply_queue,
            expiration=str(PATIENCE_SECONDS * 1000),
        )
        self.channel.basic_publish("amqp-rpc", key, body.encode(), request, mandatory=True)
        replies = self.channel.consume(self.reply_queue, auto_ack=True, inactivity_timeout=PATIENCE_SECONDS)
        for _, properties, reply in replies:
            if properties is None:
                break
            if properties.correlation_id == request.correlation_id:
                self.channel.cancel()
                return properties.type, reply
        raise TimeoutError(f"no reply within {PATIENCE_SECONDS} s")


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://localhost")))
    fib = Fib(connection.channel())
    for n in map(int, sys.argv[1:]):
        try:
            print("result", fib.compute(FibComputeRequest(n=n)).root)
        except MethodError as failed:
            print("error limit", failed.error.root.too_large.limit)
        except Fault as failed:
            print("fault", failed.fault.code)
    connection.close()


if __name__ == "__main__":
    main()
