"""The handlers of Cyberfusion's consumer: one class and one module per exchange, made from the contract's methods."""

import sys
import types
from typing import Any, Optional

from cyberfusion.RabbitMQConsumer.contracts import HandlerBase, RPCRequestBase, RPCResponseBase, RPCResponseData

import contract

PARAMETERS = {
    "compute": {"n": int},
    "add": {"a": int, "b": int},
    "greet": {"name": str},
    "nothing": {},
    "fail": {},
    "slow": {"seconds": float},
}


class Data(RPCResponseData):
    value: Any


class Response(RPCResponseBase):
    data: Optional[Data]


def answer(method, request):
    """A response is an object or null: values are members of one."""
    parameters = {name: getattr(request, name) for name in PARAMETERS[method]}
    try:
        returned = getattr(contract, method)(**parameters)
    except contract.TooLarge as error:
        return Response(success=False, message=str(error), data=None)
    return Response(success=True, message="Done", data=None if returned is None else Data(value=returned))


def handler_class(method, lock_attribute):
    request_model = type(f"Request_{method}", (RPCRequestBase,), {"__annotations__": PARAMETERS[method]})

    class Handler(HandlerBase):
        @property
        def lock_attribute(self):
            return lock_attribute if lock_attribute in PARAMETERS[method] else None

        # The consumer reads the models from these annotations.
        def __call__(self, request: request_model) -> Response:
            return answer(method, request)

    return Handler


def install(service, lock_attribute):
    """Puts the modules where the consumer imports them from; returns the exchanges' names."""
    exchanges = []
    for method in PARAMETERS:
        exchange = f"{service}_{method}"
        module = types.ModuleType(f"cyberfusion.RabbitMQHandlers.exchanges.{exchange}")
        module.Handler = handler_class(method, lock_attribute)
        sys.modules[module.__name__] = module
        exchanges.append(exchange)
    return exchanges
