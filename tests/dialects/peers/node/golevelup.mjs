// @golevelup/nestjs-rabbitmq. See program.mjs.
//
// The service's name is the exchange, a method's name is the routing key, its queue is SERVICE.METHOD. --request-id sends
// that X-Request-ID, and takes only replies that repeat it. Requests expire after --timeout: a handler that throws has its
// request redelivered at once, until then. `note` is published without a reply address.

import "reflect-metadata";
import { AmqpConnection, RabbitMQModule, RabbitRPC, RabbitSubscribe } from "@golevelup/nestjs-rabbitmq";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { methods } from "./contract.mjs";
import * as program from "./program.mjs";

const options = program.commandLine({ "request-id": { type: "string" } });

function mathProvider() {
  class MathProvider {}
  for (const [name, method] of Object.entries(methods)) {
    MathProvider.prototype[name] = async (parameters) => method(parameters);
    const descriptor = Object.getOwnPropertyDescriptor(MathProvider.prototype, name);
    const decorate = name === "note" ? RabbitSubscribe : RabbitRPC;
    const route = { exchange: options.service, routingKey: name, queue: `${options.service}.${name}` };
    decorate(route)(MathProvider.prototype, name, descriptor);
  }
  return MathProvider;
}

async function application(providers) {
  class PeerModule {}
  const connection = {
    uri: options.uri,
    exchanges: [{ name: options.service, type: "direct" }],
    connectionInitOptions: { wait: true, timeout: 20_000 },
  };
  Module({ imports: [RabbitMQModule.forRoot(connection)], providers })(PeerModule);
  return NestFactory.createApplicationContext(PeerModule, { logger: false });
}

async function serve() {
  const server = await application([mathProvider()]);
  program.ready(() => server.close());
}

async function call() {
  const client = await application([]);
  const connection = client.get(AmqpConnection);
  try {
    if (options.method === "note") {
      await connection.publish(options.service, options.method, options.parameters);
      program.value(null);
    } else {
      const id = options["request-id"];
      const returned = await connection.request({
        exchange: options.service,
        routingKey: options.method,
        payload: options.parameters,
        timeout: options.milliseconds,
        expiration: options.milliseconds,
        headers: id ? { "X-Request-ID": id } : {},
      });
      program.value(returned);
    }
  } catch (error) {
    if (error?.message?.startsWith("Failed to receive response within timeout")) program.timedOut();
    else program.error(error);
  }
  await client.close();
  process.exit(0);
}

await (options.mode === "serve" ? serve() : call());
