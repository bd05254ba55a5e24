//! The methods of AMQP 0-9-1, by name.

use std::fmt;

use amq_protocol::protocol::AMQPClass;

macro_rules! methods {
    ($($variant:ident $class:literal $method:literal $name:literal),+ $(,)?) => {
        /// A method of AMQP 0-9-1, or a heartbeat.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
            /// A heartbeat. It is a frame, but not a method.
            Heartbeat,
        }

        impl Method {
            /// All methods, for tests that choose at random.
            pub const ALL: &[Self] = &[$(Self::$variant,)+ Self::Heartbeat];

            /// The name in the specification, such as `basic.publish`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Heartbeat => "heartbeat",
                }
            }

            pub(crate) fn of(method: &AMQPClass) -> Option<Self> {
                match (method.get_amqp_class_id(), method.get_amqp_method_id()) {
                    $(($class, $method) => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

methods! {
    ConnectionStart 10 10 "connection.start",
    ConnectionStartOk 10 11 "connection.start-ok",
    ConnectionSecure 10 20 "connection.secure",
    ConnectionSecureOk 10 21 "connection.secure-ok",
    ConnectionTune 10 30 "connection.tune",
    ConnectionTuneOk 10 31 "connection.tune-ok",
    ConnectionOpen 10 40 "connection.open",
    ConnectionOpenOk 10 41 "connection.open-ok",
    ConnectionClose 10 50 "connection.close",
    ConnectionCloseOk 10 51 "connection.close-ok",
    ConnectionBlocked 10 60 "connection.blocked",
    ConnectionUnblocked 10 61 "connection.unblocked",
    ConnectionUpdateSecret 10 70 "connection.update-secret",
    ConnectionUpdateSecretOk 10 71 "connection.update-secret-ok",
    ChannelOpen 20 10 "channel.open",
    ChannelOpenOk 20 11 "channel.open-ok",
    ChannelFlow 20 20 "channel.flow",
    ChannelFlowOk 20 21 "channel.flow-ok",
    ChannelClose 20 40 "channel.close",
    ChannelCloseOk 20 41 "channel.close-ok",
    AccessRequest 30 10 "access.request",
    AccessRequestOk 30 11 "access.request-ok",
    ExchangeDeclare 40 10 "exchange.declare",
    ExchangeDeclareOk 40 11 "exchange.declare-ok",
    ExchangeDelete 40 20 "exchange.delete",
    ExchangeDeleteOk 40 21 "exchange.delete-ok",
    ExchangeBind 40 30 "exchange.bind",
    ExchangeBindOk 40 31 "exchange.bind-ok",
    ExchangeUnbind 40 40 "exchange.unbind",
    ExchangeUnbindOk 40 51 "exchange.unbind-ok",
    QueueDeclare 50 10 "queue.declare",
    QueueDeclareOk 50 11 "queue.declare-ok",
    QueueBind 50 20 "queue.bind",
    QueueBindOk 50 21 "queue.bind-ok",
    QueuePurge 50 30 "queue.purge",
    QueuePurgeOk 50 31 "queue.purge-ok",
    QueueDelete 50 40 "queue.delete",
    QueueDeleteOk 50 41 "queue.delete-ok",
    QueueUnbind 50 50 "queue.unbind",
    QueueUnbindOk 50 51 "queue.unbind-ok",
    BasicQos 60 10 "basic.qos",
    BasicQosOk 60 11 "basic.qos-ok",
    BasicConsume 60 20 "basic.consume",
    BasicConsumeOk 60 21 "basic.consume-ok",
    BasicCancel 60 30 "basic.cancel",
    BasicCancelOk 60 31 "basic.cancel-ok",
    BasicPublish 60 40 "basic.publish",
    BasicReturn 60 50 "basic.return",
    BasicDeliver 60 60 "basic.deliver",
    BasicGet 60 70 "basic.get",
    BasicGetOk 60 71 "basic.get-ok",
    BasicGetEmpty 60 72 "basic.get-empty",
    BasicAck 60 80 "basic.ack",
    BasicReject 60 90 "basic.reject",
    BasicRecoverAsync 60 100 "basic.recover-async",
    BasicRecover 60 110 "basic.recover",
    BasicRecoverOk 60 111 "basic.recover-ok",
    BasicNack 60 120 "basic.nack",
    ConfirmSelect 85 10 "confirm.select",
    ConfirmSelectOk 85 11 "confirm.select-ok",
    TxSelect 90 10 "tx.select",
    TxSelectOk 90 11 "tx.select-ok",
    TxCommit 90 20 "tx.commit",
    TxCommitOk 90 21 "tx.commit-ok",
    TxRollback 90 30 "tx.rollback",
    TxRollbackOk 90 31 "tx.rollback-ok",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use amq_protocol::protocol::{basic, exchange};

    use super::*;

    #[test]
    fn methods_are_identified_by_their_numbers() {
        let publish = AMQPClass::Basic(basic::AMQPMethod::Publish(basic::Publish::default()));
        assert_eq!(Method::of(&publish), Some(Method::BasicPublish));
        let unbound = AMQPClass::Exchange(exchange::AMQPMethod::UnbindOk(exchange::UnbindOk {}));
        assert_eq!(Method::of(&unbound), Some(Method::ExchangeUnbindOk));
    }

    #[test]
    fn each_method_has_a_different_name() {
        let names: HashSet<_> = Method::ALL.iter().map(|method| method.name()).collect();
        assert_eq!(names.len(), Method::ALL.len());
    }
}
