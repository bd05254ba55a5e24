// The command line that all peers have, and what they print: python/program.py in JavaScript.
//
//     AMQP_URL=amqp://... node NAME.mjs serve SERVICE [OPTIONS]
//     AMQP_URL=amqp://... node NAME.mjs call SERVICE METHOD JSON-ARGUMENTS [--timeout SECONDS] [OPTIONS]

import { parseArgs } from "node:util";

// A peer ends by itself, whatever its framework waits for.
const lifeSeconds = 120;

// `options` are those of parseArgs, which both modes take.
export function commandLine(options) {
  setTimeout(() => process.exit(3), lifeSeconds * 1000).unref();
  const { values, positionals } = parseArgs({
    options: { timeout: { type: "string", default: "10" }, ...options },
    allowPositionals: true,
  });
  const [mode, service, method, parameters] = positionals;
  if (!["serve", "call"].includes(mode) || !service) throw new Error("usage: serve SERVICE | call SERVICE METHOD JSON");
  return {
    ...values,
    mode,
    service,
    method,
    parameters: mode === "call" ? JSON.parse(parameters) : undefined,
    milliseconds: Number(values.timeout) * 1000,
    uri: process.env.AMQP_URL,
  };
}

export function ready(close) {
  process.once("SIGTERM", async () => {
    await close();
    process.exit(0);
  });
  console.log("ready");
}

export function value(returned) {
  console.log(JSON.stringify({ value: returned ?? null }));
}

// What the client was given: a string, an Error or any object.
export function error(raised) {
  const isError = raised instanceof Error;
  const kind = isError ? raised.name : (raised?.code ?? raised?.status ?? typeof raised);
  const message = typeof raised === "string" ? raised : (raised?.message ?? "");
  console.log(JSON.stringify({ error: { kind, message, raised: isError ? String(raised) : raised } }));
}

export function timedOut() {
  console.log(JSON.stringify({ timeout: true }));
}
