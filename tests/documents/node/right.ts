import type { FibCompute, FibError, RpcFault } from "./models";

const request: FibCompute["request"] = { n: 30 };
const error: FibError = { TooLarge: { limit: 90 } };
const limit: number = error.TooLarge.limit;
const fault: RpcFault = { code: "bad_request", message: "missing field `n`", field: "n" };
export const exchange: FibCompute = { request, reply: 832040, error, fault };
export const sum = limit + request.n;
