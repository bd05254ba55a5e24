//! nameko 2 and 3.

use amqp_rpc::{FaultCode, dialects::Nameko};

use crate::{
    peer::{Outcome, Peer},
    table::{OurCalls, Received, TheirCalls, mixed_fleet},
};

async fn they_call(peer: Option<Peer>) {
    let Some(peer) = peer else { return };
    let checks = TheirCalls {
        own_error: |outcome| outcome.is_error("TooLarge", "n is above 90"),
        unknown_method: |outcome| outcome.is_error("MethodNotFound", "absent"),
        bad_arguments: |outcome| outcome.is_error("TypeError", "invalid type"),
        crash: |outcome| outcome.is_error("panicked", ""),
        // The queue is there: the request waits in it.
        server_down: |outcome| *outcome == Outcome::TimedOut,
    };
    checks.run(&peer, Nameko::new()).await;
}

async fn we_call(peer: Option<Peer>) {
    let Some(peer) = peer else { return };
    let checks = OurCalls {
        own_error: |received| received.is_error("TooLarge", "n is above 90"),
        unknown_method: |received| matches!(received, Received::Fault(FaultCode::UnknownMethod)),
        bad_arguments: |received| matches!(received, Received::Fault(FaultCode::BadRequest)),
        crash: |received| received.is_error("ZeroDivisionError", "the handler crashed"),
        server_down: |received| matches!(received, Received::TimedOut),
        redelivers: true,
    };
    checks.run(&peer, Nameko::new()).await;
}

async fn share_a_queue(peer: Option<Peer>) {
    let Some(peer) = peer else { return };
    mixed_fleet(&peer, Nameko::new()).await;
}

peer_tests! {
    nameko_3_calls: they_call(Peer::nameko3());
    nameko_3_is_called: we_call(Peer::nameko3());
    nameko_3_shares_a_queue: share_a_queue(Peer::nameko3());
    nameko_2_calls: they_call(Peer::nameko2());
    nameko_2_is_called: we_call(Peer::nameko2());
    nameko_2_shares_a_queue: share_a_queue(Peer::nameko2());
}
