//! RabbitMQ as the broker of this run: the node that `AMQP_URL` and the `AMQP_RPC_TEST_*` variables name.
//! Tests that stop, kill or configure brokers start a [`PrivateNode`] or a [`PrivateCluster`].

mod broker;
mod cluster;
pub(super) mod node;
mod operations;
mod private;
#[cfg(any(feature = "tls", feature = "tls-aws-lc"))]
mod tls_node;
pub(super) mod vhost;

pub(crate) use broker::Broker;
pub(crate) use cluster::{PrivateCluster, QueueIn};
pub(crate) use node::Node;
pub(crate) use operations::Resource;
pub(crate) use private::{Configuration, PrivateNode};
#[cfg(any(feature = "tls", feature = "tls-aws-lc"))]
pub(crate) use tls_node::{TlsNode, tls_node};
pub(crate) use vhost::RabbitMqVhost;
