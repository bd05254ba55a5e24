//! Checks the options of a client, and makes its parts.

use amqp_rpc_transport::{ConnectError, limits::MAX_SHORT_STRING_BYTES};

use super::{ClientBuilder, ClientParts};
use crate::{
    client::{
        session::pending::MAX_CALLS,
        settings::{LinkOptions, ReplyTo, Settings},
    },
    wire::namespace::Namespace,
};

impl ClientBuilder {
    /// Checks the options that do not depend on a connection; returns the namespace.
    ///
    /// # Errors
    /// `InvalidOption`.
    pub(crate) fn check(&self) -> Result<Namespace, ConnectError> {
        let invalid = |text: &str| Err(ConnectError::InvalidOption(text.to_owned()));
        if self.max_in_flight == 0 || self.max_in_flight > MAX_CALLS {
            return invalid("max_in_flight must be between 1 and 8388608");
        }
        if self.app_id.as_ref().is_some_and(|app_id| app_id.len() > MAX_SHORT_STRING_BYTES) {
            return invalid("app_id must have at most 255 bytes");
        }
        if self.coalesce == 0 {
            return invalid("coalesce must be at least 1");
        }
        if self.coalesce > 1 && self.reply_to != ReplyTo::ExclusiveQueue {
            return invalid("coalesce needs ReplyTo::ExclusiveQueue: servers send direct replies singly");
        }
        if let Some(dialect) = &self.dialect {
            let why = match self {
                _ if self.coalesce > 1 => "takes one call in a message; leave `coalesce` out",
                _ if self.compression.is_some() => "has no compression; leave `compression` out",
                _ if self.codec.content_type() != dialect.codec().content_type() => {
                    "has a format of its own; leave `codec` out"
                }
                _ if self.namespace.is_some() => "has the names of its peers; leave `namespace` out",
                _ if self.reply_to == ReplyTo::Direct && !dialect.takes_direct_replies() => {
                    "needs a queue for its replies; leave `ReplyTo::Direct` out"
                }
                _ => "",
            };
            if !why.is_empty() {
                return invalid(&format!("the dialect `{}` {why}", dialect.name()));
            }
        }
        match &self.namespace {
            Some(name) => Namespace::parse(name).map_err(ConnectError::InvalidOption),
            None => Ok(Namespace::default()),
        }
    }

    /// The same of a client that has no connection.
    ///
    /// # Errors
    /// `InvalidOption`.
    pub(crate) fn check_in_process(&self) -> Result<Namespace, ConnectError> {
        match &self.dialect {
            None => self.check(),
            Some(dialect) => {
                let dialect = dialect.name();
                let why = format!("a client in process has no wire; leave the dialect `{dialect}` out");
                Err(ConnectError::InvalidOption(why))
            }
        }
    }

    pub(in crate::client) fn into_parts(self, namespace: Namespace) -> ClientParts {
        let link_options = LinkOptions {
            reply_to: self.reply_to,
            sends_user_id: self.sends_user_id,
            app_id: self.app_id,
            compression: self.compression,
            coalesce: self.coalesce,
            max_reply_bytes: self.max_reply_bytes,
            dialect: self.dialect.clone(),
        };
        let settings = Settings {
            timeout: self.timeout,
            max_in_flight: self.max_in_flight,
            max_request_bytes: self.max_request_bytes,
            max_reply_bytes: self.max_reply_bytes,
            fails_fast: self.fails_fast,
            waits_while_blocked: self.waits_while_blocked,
            detached: self.detached,
            deadline_margin: self.deadline_margin,
            validates: self.validates,
            codec: self.codec,
            secrets: self.secrets,
            namespace,
            dialect: self.dialect,
        };
        ClientParts { settings, link_options, layers: self.layers }
    }
}
