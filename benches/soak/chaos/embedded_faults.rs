//! The faults that the embedded broker can make, each with its weight.

/// A fault, in three groups.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    Broker(BrokerFault),
    Connection(ConnectionFault),
    Rule(RuleFault),
}

#[derive(Clone, Copy)]
pub(super) enum BrokerFault {
    Crash,
    Restart,
    CloseAll,
    CancelConsumers,
    /// For replies, or of a listener.
    DeleteConnectionQueue,
    DeleteRequestQueue,
    Block,
}

#[derive(Clone, Copy)]
pub(super) enum ConnectionFault {
    Reset,
    Close,
    CloseChannel,
    Stall,
    Refuse,
}

/// Faults of messages, as rules of the broker.
#[derive(Clone, Copy)]
pub(super) enum RuleFault {
    BreakAfterReply,
    BreakAfterRequest,
    BreakAfterDelivery,
    DuplicateReplies,
    DropReplies,
    DropRequests,
    Delay,
    Truncate,
    RefuseRequests,
}

pub(super) const FAULTS: &[(u64, Fault)] = &[
    (2, Fault::Broker(BrokerFault::Crash)),
    (2, Fault::Broker(BrokerFault::Restart)),
    (2, Fault::Broker(BrokerFault::CloseAll)),
    (8, Fault::Connection(ConnectionFault::Reset)),
    (4, Fault::Connection(ConnectionFault::Close)),
    (4, Fault::Connection(ConnectionFault::CloseChannel)),
    (3, Fault::Broker(BrokerFault::CancelConsumers)),
    (3, Fault::Broker(BrokerFault::DeleteConnectionQueue)),
    (1, Fault::Broker(BrokerFault::DeleteRequestQueue)),
    (3, Fault::Broker(BrokerFault::Block)),
    (3, Fault::Connection(ConnectionFault::Stall)),
    (4, Fault::Rule(RuleFault::BreakAfterReply)),
    (4, Fault::Rule(RuleFault::BreakAfterRequest)),
    (3, Fault::Rule(RuleFault::BreakAfterDelivery)),
    (4, Fault::Rule(RuleFault::DuplicateReplies)),
    (2, Fault::Rule(RuleFault::DropReplies)),
    (2, Fault::Rule(RuleFault::DropRequests)),
    (3, Fault::Rule(RuleFault::Delay)),
    (2, Fault::Rule(RuleFault::Truncate)),
    (2, Fault::Connection(ConnectionFault::Refuse)),
    (2, Fault::Rule(RuleFault::RefuseRequests)),
];
