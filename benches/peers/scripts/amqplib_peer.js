// amqplib by hand: amqplib_peer.js server|client.
//
// The server is that of RabbitMQ's tutorial, with a prefetch of 64. The client makes its next call when an answer comes.
// Without noDelay, which is not the default, each call would wait 40 ms for the other end's acknowledgement.
// The lines that it reads and writes are those of child.py.
"use strict";

const readline = require("node:readline");
const amqplib = require("amqplib");

const QUEUE = "peers.amqplib";
const PREFETCH = 64;
const JSON_TYPE = "application/json";

const say = (line) => process.stdout.write(`${line}\n`);

async function openChannel() {
    const connection = await amqplib.connect(process.env.AMQP_URL, { noDelay: true });
    const channel = await connection.createChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    return { connection, channel };
}

async function serve() {
    const { connection, channel } = await openChannel();
    await channel.prefetch(PREFETCH);
    await channel.consume(QUEUE, (request) => {
        const { replyTo, correlationId } = request.properties;
        const answer = JSON.stringify(JSON.parse(request.content).n);
        channel.sendToQueue(replyTo, Buffer.from(answer), { contentType: JSON_TYPE, correlationId });
        channel.ack(request);
    });
    say("ready");
    process.stdin.on("end", () => connection.close());
    process.stdin.resume();
}

class Client {
    static async connect() {
        const { connection, channel } = await openChannel();
        const { queue } = await channel.assertQueue("", { exclusive: true });
        const client = new Client(connection, channel, queue);
        await channel.consume(queue, (reply) => client.finish(reply), { noAck: true });
        return client;
    }

    constructor(connection, channel, replyTo) {
        this.connection = connection;
        this.channel = channel;
        this.replyTo = replyTo;
        this.calls = 0;
        this.started = new Map();
    }

    call() {
        const n = this.calls++;
        this.started.set(n, process.hrtime.bigint());
        const properties = { contentType: JSON_TYPE, correlationId: String(n), replyTo: this.replyTo };
        this.channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify({ n })), properties);
    }

    finish(reply) {
        const now = process.hrtime.bigint();
        const n = Number(reply.properties.correlationId);
        if (JSON.parse(reply.content) !== n) {
            throw new Error(`the echo of ${n} was ${reply.content}`);
        }
        this.latencies.push(Number(now - this.started.get(n)));
        this.started.delete(n);
        if (now < this.end) {
            this.call();
        } else if (this.started.size === 0) {
            this.finished();
        }
    }

    async apply(callsInFlight, seconds) {
        this.latencies = [];
        const begin = process.hrtime.bigint();
        this.end = begin + BigInt(Math.round(seconds * 1e9));
        const all = new Promise((resolve) => (this.finished = resolve));
        for (let call = 0; call < callsInFlight; call++) {
            this.call();
        }
        await all;
        const elapsed = process.hrtime.bigint() - begin;
        const ordered = Float64Array.from(this.latencies).sort();
        const quantiles = [0.5, 0.99, 0.999].map((quantile) => ordered[Math.floor(ordered.length * quantile)]);
        return [ordered.length, elapsed, ...quantiles].join(" ");
    }
}

async function main() {
    const side = process.argv[2];
    if (side === "server") {
        return serve();
    }
    if (side !== "client") {
        throw new Error("server or client?");
    }
    const client = await Client.connect();
    await client.apply(1, 0);
    say("ready");
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const words = line.split(" ");
        if (words.length > 3) {
            throw new Error("this variant echoes numbers only");
        }
        say(await client.apply(Number(words[0]), Number(words[1])));
    }
    await client.connection.close();
}

main().catch((error) => {
    console.error(`amqplib: ${error.stack}`);
    process.exit(1);
});
