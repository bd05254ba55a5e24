//! RabbitMQ as the broker of this run: the node that `AMQP_URL` and the `AMQP_RPC_TEST_*` variables name.

mod node;
mod vhost;

pub(crate) use node::Node;
pub(crate) use vhost::RabbitMqVhost;
