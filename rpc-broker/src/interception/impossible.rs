//! Which matchers can never match: methods that do not travel that way, or lack the argument.

use super::{Direction, Method};

/// The direction of a method; `None` for one that both sides send.
pub(super) fn only_direction(method: Method) -> Option<Direction> {
    use Method as M;
    match method {
        M::ConnectionClose
        | M::ConnectionCloseOk
        | M::ChannelFlow
        | M::ChannelFlowOk
        | M::ChannelClose
        | M::ChannelCloseOk
        | M::BasicCancel
        | M::BasicCancelOk
        | M::BasicAck
        | M::BasicNack
        | M::Heartbeat => None,
        M::ConnectionStart
        | M::ConnectionSecure
        | M::ConnectionTune
        | M::ConnectionOpenOk
        | M::ConnectionBlocked
        | M::ConnectionUnblocked
        | M::ConnectionUpdateSecretOk
        | M::ChannelOpenOk
        | M::AccessRequestOk
        | M::ExchangeDeclareOk
        | M::ExchangeDeleteOk
        | M::ExchangeBindOk
        | M::ExchangeUnbindOk
        | M::QueueDeclareOk
        | M::QueueBindOk
        | M::QueuePurgeOk
        | M::QueueDeleteOk
        | M::QueueUnbindOk
        | M::BasicQosOk
        | M::BasicConsumeOk
        | M::BasicReturn
        | M::BasicDeliver
        | M::BasicGetOk
        | M::BasicGetEmpty
        | M::BasicRecoverOk
        | M::ConfirmSelectOk
        | M::TxSelectOk
        | M::TxCommitOk
        | M::TxRollbackOk => Some(Direction::ToClient),
        _ => Some(Direction::FromClient),
    }
}

/// Returns whether the method names a queue. A delivery has the queue that it comes from.
pub(super) fn names_queue(method: Method) -> bool {
    use Method as M;
    matches!(
        method,
        M::QueueDeclare
            | M::QueueDeclareOk
            | M::QueueBind
            | M::QueueUnbind
            | M::QueuePurge
            | M::QueueDelete
            | M::BasicConsume
            | M::BasicDeliver
            | M::BasicGet
            | M::BasicGetOk
    )
}

/// Returns whether the method names an exchange.
pub(super) fn names_exchange(method: Method) -> bool {
    has_routing_key(method) || matches!(method, Method::ExchangeDeclare | Method::ExchangeDelete)
}

/// Returns whether the method has a routing key.
pub(super) fn has_routing_key(method: Method) -> bool {
    use Method as M;
    matches!(
        method,
        M::ExchangeBind
            | M::ExchangeUnbind
            | M::QueueBind
            | M::QueueUnbind
            | M::BasicPublish
            | M::BasicReturn
            | M::BasicDeliver
            | M::BasicGetOk
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interception::Matcher;

    fn why(matcher: &Matcher) -> String {
        matcher.why_impossible().unwrap_or_default()
    }

    #[test]
    fn a_matcher_that_can_never_match_says_why() {
        for (matcher, text) in [
            (
                Matcher::from_client(Method::BasicDeliver),
                "`basic.deliver` only comes to clients: use `to_client`",
            ),
            (
                Matcher::to_client(Method::BasicPublish),
                "`basic.publish` only comes from clients: use `from_client`",
            ),
            (Matcher::from_client(Method::BasicPublish).queue("q"), "`basic.publish` names no queue"),
            (Matcher::from_client(Method::BasicAck).exchange("x"), "`basic.ack` names no exchange"),
            (
                Matcher::to_client(Method::QueueDeclareOk).routing_key("k"),
                "`queue.declare-ok` has no routing key",
            ),
        ] {
            assert_eq!(why(&matcher), text);
        }
        for matcher in [
            Matcher::to_client(Method::BasicDeliver).queue("q").exchange("").routing_key("k"),
            Matcher::any().queue("q"),
            Matcher::from_client(Method::BasicAck),
            Matcher::to_client(Method::BasicAck),
        ] {
            assert_eq!(matcher.why_impossible(), None, "{matcher:?}");
        }
    }

    #[test]
    fn a_response_travels_against_its_request() {
        for request in Method::ALL {
            let name = format!("{}-ok", request.name());
            let Some(response) = Method::ALL.iter().find(|method| method.name() == name) else { continue };
            let (there, back) = (only_direction(*request), only_direction(*response));
            assert_eq!(there.is_some(), back.is_some(), "{name}");
            assert!(there.is_none() || there != back, "{name}");
        }
    }
}
