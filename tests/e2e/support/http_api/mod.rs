//! Any broker, administered by the HTTP API that `AMQP_RPC_TEST_ADMIN` names: that of RabbitMQ's management
//! plugin, which LavinMQ has as well.

mod request;
mod vhost;

pub(crate) use request::Administrator;
pub(crate) use vhost::HttpVhost;
