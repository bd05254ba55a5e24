import type { FibCompute, FibError } from "./models";

export const misspelled: FibCompute["request"] = { m: 30 };
export const ofAnotherType: FibCompute["request"] = { n: "30" };
export const missing: FibError = { TooLarge: {} };
