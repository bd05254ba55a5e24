//! End to end: client, server and a broker, one test per claim: the embedded one, or RabbitMQ where `AMQP_URL` is set (`scripts/test.sh`).
#![allow(clippy::disallowed_types, reason = "raw peers speak AMQP by hand, as foreign programs do")]

mod call_options;
mod client_connection;
mod client_layers;
mod client_limits;
mod composition;
mod connecting;
mod credentials;
mod deadlines;
mod events;
mod examples;
mod failure_log;
mod faults;
mod foreign_errors;
mod full_queue;
mod hostile;
mod layers;
mod least_privilege;
mod load;
mod one_way;
mod overload;
mod rabbitmq;
mod reconnecting;
mod redelivered;
mod s0_tutorial;
mod s2_workers;
mod s3_s4;
mod server_context;
mod server_direct_replies;
mod server_fairness;
mod server_faults;
mod server_lifecycle;
mod server_policies;
mod server_reconnect;
mod server_refused_queues;
mod server_start;
mod services;
mod settling;
mod support;
#[cfg(any(feature = "tls", feature = "tls-ring"))]
mod tls;
mod tower_layers;
mod tutorial;
mod tutorial_interop;
mod validation;
mod wire_format;
