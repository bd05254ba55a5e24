"""Uses the models as a client does: what a type checker accepts, and what is true at run time."""

import json

from models import FibComputeRequest, FibError, RpcFault
from pydantic import ValidationError

request = FibComputeRequest(n=30)
assert json.loads(request.model_dump_json(exclude_none=True)) == {"n": 30}

error = FibError.model_validate_json('{"TooLarge":{"limit":90}}')
limit: int = error.root.too_large.limit
assert limit == 90

fault = RpcFault.model_validate_json('{"code":"bad_request","message":"missing field","later":1}')
code: str = fault.code
assert code == "bad_request"

for refused in ("{}", '{"n":-1}', '{"n":"x"}'):
    try:
        FibComputeRequest.model_validate_json(refused)
    except ValidationError:
        continue
    raise AssertionError(refused)
print("right")
