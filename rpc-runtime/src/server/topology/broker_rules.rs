//! Fits a topology to the broker that it is declared on.

use amqp_rpc_transport::{Broker, Topology};

use super::side_queues::ALL_WITH_X;

/// The part of `topology` that the broker can have.
///
/// Where a headers exchange cannot compare headers that begin with `x-`, nothing is bound to the one for dead
/// letters: the server publishes those of its methods itself, and expired requests vanish there as elsewhere.
pub(crate) fn fitted(mut topology: Topology, broker: Broker) -> Topology {
    if !broker.has_all_with_x() {
        topology.bindings.retain(|binding| binding.arguments.text("x-match") != Some(ALL_WITH_X));
    }
    topology
}
