// NestJS microservices, 11 or 12, over RabbitMQ. See program.mjs.
//
// The service's name is the queue, a method's name is the pattern. --cmd makes the pattern {"cmd": METHOD}; --ack has the
// server acknowledge requests; --wildcards goes through a topic exchange named like the queue. `note` is an event.

import "reflect-metadata";
import { Controller, Logger, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} from "@nestjs/microservices";
import { lastValueFrom, timeout, TimeoutError } from "rxjs";
import { methods, TooLarge } from "./contract.mjs";
import * as program from "./program.mjs";

const options = program.commandLine({
  cmd: { type: "boolean", default: false },
  ack: { type: "boolean", default: false },
  wildcards: { type: "boolean", default: false },
});

Logger.overrideLogger(false); // it logs to stdout

const patternOf = (method) => (options.cmd ? { cmd: method } : method);

const transport = {
  transport: Transport.RMQ,
  options: {
    urls: [options.uri],
    queue: options.service,
    queueOptions: { durable: true },
    wildcards: options.wildcards,
  },
};

// A controller without decorator syntax, which node does not read: decorators are functions.
function mathController() {
  class MathController {}
  for (const [name, method] of Object.entries(methods)) {
    MathController.prototype[name] = async (parameters, context) => {
      try {
        return await method(parameters);
      } catch (error) {
        if (error instanceof TooLarge) throw new RpcException({ code: "TOO_LARGE", message: error.message, limit: 90 });
        throw error;
      } finally {
        if (options.ack) context.getChannelRef().ack(context.getMessage());
      }
    };
    const decorate = name === "note" ? EventPattern : MessagePattern;
    Payload()(MathController.prototype, name, 0);
    Ctx()(MathController.prototype, name, 1);
    const descriptor = Object.getOwnPropertyDescriptor(MathController.prototype, name);
    decorate(patternOf(name))(MathController.prototype, name, descriptor);
  }
  Controller()(MathController);
  return MathController;
}

async function serve() {
  class ServerModule {}
  Module({ controllers: [mathController()] })(ServerModule);
  transport.options.noAck = !options.ack;
  const server = await NestFactory.createMicroservice(ServerModule, transport);
  await server.listen();
  program.ready(() => server.close());
}

async function call() {
  const client = ClientProxyFactory.create(transport);
  const isEvent = options.method === "note";
  const send = isEvent ? client.emit : client.send;
  try {
    const answers = send.call(client, patternOf(options.method), options.parameters);
    const returned = await lastValueFrom(answers.pipe(timeout({ first: options.milliseconds })), { defaultValue: null });
    program.value(isEvent ? null : returned);
  } catch (error) {
    if (error instanceof TimeoutError) program.timedOut();
    else program.error(error);
  }
  await client.close();
  process.exit(0); // what still reconnects must not keep it alive
}

await (options.mode === "serve" ? serve() : call());
