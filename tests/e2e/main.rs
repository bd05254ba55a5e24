//! End-to-end tests: client, server and a broker. The broker is the embedded one, or RabbitMQ where
//! `AMQP_URL` is set (`scripts/test.sh`).
#![allow(clippy::disallowed_types, reason = "raw peers speak AMQP by hand, as foreign programs do")]

// A call, from both sides.
mod bodies;
mod calls;
mod client;
mod cluster_locks;
mod coalescing;
mod dead_letters;
mod idempotency;
mod locks;
mod one_way;
mod reflection;
mod secrets;
mod server;
mod untyped;

// Events and their subscribers.
mod events;

// Connections: how they are opened, secured, lost and opened again.
mod connecting;
mod dropping;
mod reconnecting;
#[cfg(any(feature = "tls", feature = "tls-aws-lc"))]
mod tls;

// What runs around calls.
mod layers;

// Other programs: foreign peers, malformed messages, the tutorial, our own examples.
mod dialects;
mod examples;
mod malformed;
mod tutorial;
mod wire_format;

// What only RabbitMQ can do.
mod rabbitmq;

// What the tests share: services, brokers, peers that speak AMQP by hand.
mod selftest;
mod services;
mod support;
