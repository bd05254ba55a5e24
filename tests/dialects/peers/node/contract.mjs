// The methods that every peer serves, whatever its framework: python/contract.py in JavaScript.

export class TooLarge extends Error {}

export function announce(method, parameters) {
  console.log(`ran ${method} ${JSON.stringify(parameters)}`);
}

export function compute({ n }) {
  announce("compute", { n });
  if (n > 90) throw new TooLarge("n is above 90");
  let [a, b] = [0n, 1n];
  for (let step = 0; step < n; step++) [a, b] = [b, a + b];
  return Number(a); // rounded above 2^53, as whatever JavaScript sends
}

export function add({ a, b }) {
  announce("add", { a, b });
  return a + b;
}

export function greet({ name }) {
  announce("greet", { name });
  return `hello ${name}`;
}

export function nothing() {
  announce("nothing", {});
  return null;
}

export function fail() {
  announce("fail", {});
  throw new RangeError("the handler crashed");
}

export async function slow({ seconds }) {
  announce("slow", { seconds });
  await new Promise((wake) => setTimeout(wake, seconds * 1000));
  return seconds;
}

export function note({ text }) {
  announce("note", { text });
}

export const methods = { compute, add, greet, nothing, fail, slow, note };
