//! What brokers reply, and what it means.

use super::*;

/// Replies of RabbitMQ and LavinMQ to a login, at the opening of connections and channels, and to
/// declarations.
const REPLIES: [(u16, &str, Reason); 45] = [
    (
        403,
        "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.",
        Reason::NoPermission,
    ),
    (403, "ACCESS_REFUSED", Reason::NoPermission),
    (530, "NOT_ALLOWED - vhost shop not found", Reason::NoVhost),
    (530, "NOT_ALLOWED - vhost not found", Reason::NoVhost),
    (530, "NOT_ALLOWED - access to vhost 'shop' refused for user 'ada'", Reason::NoVhost),
    (530, "NOT_ALLOWED - 'ada' doesn't have access to 'shop'", Reason::NoVhost),
    (
        530,
        "NOT_ALLOWED - access to vhost '/' refused for user 'ada': connection limit (1) is reached",
        Reason::LimitReached,
    ),
    (530, "NOT_ALLOWED - access to vhost '/' refused: connection limit (1) is reached", Reason::LimitReached),
    (
        530,
        "NOT_ALLOWED - connection refused for user 'ada': user connection limit (1) is reached",
        Reason::LimitReached,
    ),
    (530, "NOT_ALLOWED - connection refused: node connection limit (100) is reached", Reason::LimitReached),
    (
        530,
        "NOT_ALLOWED - access to vhost '/' refused for user 'ada': connection limit cannot be queried, timeout",
        Reason::Unavailable,
    ),
    (
        541,
        "INTERNAL_ERROR - access to vhost '/' refused for user 'ada': vhost '/' is down",
        Reason::Unavailable,
    ),
    (
        530,
        "NOT_ALLOWED - negotiated channel_max = 9000 is higher than the maximum allowed value (2047)",
        Reason::Other,
    ),
    (503, "COMMAND_INVALID - unknown authentication mechanism 'EXTERNAL'", Reason::Other),
    (320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'", Reason::Unavailable),
    (320, "CONNECTION_FORCED - Node was put into maintenance mode", Reason::Unavailable),
    (320, "CONNECTION_FORCED - vhost 'shop' is down", Reason::Unavailable),
    (
        530,
        "NOT_ALLOWED - number of channels opened for user 'ada' has reached the maximum allowed user limit of 3",
        Reason::LimitReached,
    ),
    (
        530,
        "NOT_ALLOWED - number of channels opened on node 'rabbit@a' has reached the maximum allowed limit of 9",
        Reason::LimitReached,
    ),
    (
        530,
        "NOT_ALLOWED - number of channels opened (7) has reached the negotiated channel_max (7)",
        Reason::LimitReached,
    ),
    (403, "ACCESS_REFUSED - access to queue 'fib' in vhost '/' refused for user 'ada'", Reason::NoPermission),
    (
        403,
        "ACCESS_REFUSED - configure access to exchange 'amqp-rpc' in vhost '/' refused for user 'ada'",
        Reason::NoPermission,
    ),
    (
        403,
        "ACCESS_REFUSED - User 'ada' does not have permissions to declare queue 'limit is reached'",
        Reason::NoPermission,
    ),
    (403, "ACCESS_REFUSED - queue name 'amq.x' contains reserved prefix 'amq.*'", Reason::ReservedName),
    (403, "ACCESS_REFUSED - Not allowed to use the amq. prefix", Reason::ReservedName),
    (
        403,
        "ACCESS_REFUSED - Prefix [\"mqtt.\", \"amq.\"] forbidden, please choose another name",
        Reason::ReservedName,
    ),
    (403, "ACCESS_REFUSED - queue 'fib' in vhost '/' in exclusive use", Reason::InExclusiveUse),
    (403, "ACCESS_REFUSED - queue limit in vhost '/' (3) is reached", Reason::LimitReached),
    (
        406,
        "PRECONDITION_FAILED - cannot declare queue 'fib': queue limit in vhost '/' (3) is reached",
        Reason::LimitReached,
    ),
    (
        406,
        "PRECONDITION_FAILED - cannot declare queue 'fib': queue limit in cluster (3) is reached",
        Reason::LimitReached,
    ),
    (
        406,
        "PRECONDITION_FAILED - cannot declare exchange 'x': exchange limit of 3 is reached",
        Reason::LimitReached,
    ),
    (
        406,
        "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'fib' in vhost '/': received none but current is the value '3' of type 'signedint'",
        Reason::Mismatch,
    ),
    (
        406,
        "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'x' in vhost '/': received 'direct' but current is 'topic'",
        Reason::Mismatch,
    ),
    (406, "PRECONDITION_FAILED - Existing queue declared with other arguments", Reason::Mismatch),
    (
        406,
        "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue 'fib' in vhost '/': {value_negative,-1}",
        Reason::BadArgument,
    ),
    (
        406,
        "PRECONDITION_FAILED - invalid property 'non-durable' for queue 'fib' in vhost '/'",
        Reason::BadArgument,
    ),
    (406, "PRECONDITION_FAILED - x-max-length header not a positive integer", Reason::BadArgument),
    (
        541,
        "INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated. By default, this feature is not permitted anymore.",
        Reason::BadArgument,
    ),
    (404, "NOT_FOUND - no queue 'home node is down' in vhost '/'", Reason::Missing),
    (404, "NOT_FOUND - Queue 'fib' doesn't exists", Reason::Missing),
    (
        404,
        "NOT_FOUND - home node 'rabbit@a' of durable queue 'fib' in vhost '/' is down or inaccessible",
        Reason::Unavailable,
    ),
    (
        404,
        "NOT_FOUND - failed to perform operation on queue 'fib' in vhost '/' due to timeout",
        Reason::Unavailable,
    ),
    (404, "NOT_FOUND - queue 'fib' in vhost '/' process is stopped by supervisor", Reason::Unavailable),
    (
        405,
        "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'fib' in vhost '/'",
        Reason::InExclusiveUse,
    ),
    (405, "RESOURCE_LOCKED - Exclusive queue", Reason::InExclusiveUse),
];

#[test]
fn the_reason_is_read_from_code_and_text() {
    for (code, text, reason) in REPLIES {
        assert_eq!(BrokerError::new(Some(code), text).reason(), reason, "{code} {text}");
    }
    assert_eq!(BrokerError::new(None, "connection limit (1) is reached").reason(), Reason::Lost);
}

#[test]
fn waiting_helps_where_nothing_has_to_be_changed() {
    let passing = REPLIES.iter().filter(|(.., reason)| reason.is_passing()).count();
    assert_eq!(passing, 19);
    assert!(Reason::Lost.is_passing() && !Reason::Mismatch.is_passing() && !Reason::NoVhost.is_passing());
}
