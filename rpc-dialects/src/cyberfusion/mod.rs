//! Cyberfusion's RPC framework: an exchange for each method, and replies that say whether they are a success.

mod client;
mod reply;
mod server;

use std::collections::BTreeMap;

use amqp_rpc_runtime::{
    Headers,
    dialect::{Binding, Exchange, ExchangeKind, Topology},
    server::ReplyPolicy,
};

use crate::names::MethodNames;

/// The dialect of Cyberfusion's RPC framework (consumer 2 and 3, client 1.2), for both sides.
///
/// A service is called by its RPC client; a client calls the handlers of its RPC consumer. `queue` is the consumer's queue,
/// which is the routing key of all requests as well.
///
/// | Cyberfusion | here | default |
/// |---|---|---|
/// | queue | [`new`](Self::new) | |
/// | exchange, which names the handler | [`action`](Self::action) | `{service}_{method}` |
/// | version of the consumer | [`consumer_2`](Self::consumer_2) | 3 |
///
/// A server declares a durable queue without arguments, and for each method a direct exchange that is not durable, with a
/// binding. A client declares the exchange the same and binds its reply queue to it before the first request there, on each
/// connection anew; see [`exchanges_exist`](Self::exchanges_exist). Replies cannot come by direct reply-to.
///
/// # What travels
///
/// * A request is a JSON object, with the names of the parameters, or with `#[rpc(bare)]` a value that is one. A client
///   refuses others: the consumer would end. Its peers convert values, such as `"30"` to a number; a server of this library
///   takes what serde takes.
/// * A value is `data` of the reply. It must be an object or null. What a method returns is known when it has run: another
///   value, such as a number or a list, is lost. It is answered with the text of an unexpected error, which a client gets as
///   the fault `internal`. With [`values_in`](Self::values_in) values are a member of an object, and of any type. A client
///   takes `data` of any type.
/// * `Secret` parameters travel as the Fernet tokens that the framework decrypts, if the keyring has `write_bare`; the
///   tokens of its clients are read with `accept_bare`. The framework does not encrypt replies.
///
/// # Errors
///
/// A reply without success has a text. That of the method's own error is its `Display`; its JSON is `data`, with
/// [`error_data`](Self::error_data). A client gets `data` if it is not null, and else the whole reply, for
/// `CallOptions::map_errors`. Two texts are faults: `Request validation failed` is `bad_request`, and
/// `An unexpected error occurred` stands for all others, which a client gets as `internal`. Whether the method ran is
/// unknown for both: a method may have passed on the text of a call of its own. So an own error with one of these texts
/// arrives as a fault. Consumers send two replies where validation fails; the first one counts.
///
/// A method that no consumer has bound is `Unroutable`. After a timeout the method may have run. Not in this wire:
/// notifications from a client (the consumer ends after a request without a reply address), events, bodies other than JSON,
/// and methods declared `deduplicate`, since peers send no idempotency keys. A server runs a request without a reply address,
/// and answers nothing.
///
/// # Locks
///
/// A consumer's handler with a lock attribute that refuses a request replies, and never acknowledges it: one of the places of
/// its prefetch is gone, and the request comes again when the consumer restarts. A client gets `bad_request`, as without
/// a lock. A server of this library acknowledges all requests, also those of methods with `#[rpc(lock)]`.
#[derive(Clone, Debug)]
pub struct Cyberfusion {
    queue: String,
    actions: MethodNames,
    messages: BTreeMap<String, String>,
    is_consumer_2: bool,
    exchanges_exist: bool,
    replies_to_exchange: bool,
    has_error_data: bool,
    values_in: Option<String>,
    replies: ReplyPolicy,
}

impl Cyberfusion {
    /// The dialect for the consumer of this queue.
    #[must_use]
    pub fn new(queue: impl Into<String>) -> Self {
        Self {
            queue: queue.into(),
            actions: MethodNames::default(),
            messages: BTreeMap::new(),
            is_consumer_2: false,
            exchanges_exist: false,
            replies_to_exchange: false,
            has_error_data: false,
            values_in: None,
            replies: ReplyPolicy::default(),
        }
    }

    /// The action of one method, which is the name of its exchange. The method is named with or without its service.
    /// Default: `{service}_{method}`.
    #[must_use]
    pub fn action(mut self, method: impl Into<String>, exchange: impl Into<String>) -> Self {
        self.actions.give(method.into(), exchange.into());
        self
    }

    /// The text that a server sends with the values of one method, which is named in full, as `{service}.{method}`.
    /// Default: an empty text.
    #[must_use]
    pub fn success_message(mut self, method: impl Into<String>, text: impl Into<String>) -> Self {
        self.messages.insert(method.into(), text.into());
        self
    }

    /// Has a server answer as consumer 2 does: bad arguments are an unexpected error, too. A client understands both.
    #[must_use]
    pub fn consumer_2(mut self) -> Self {
        self.is_consumer_2 = true;
        self
    }

    /// Has a client declare no exchanges, which needs the permission to configure them. The first call of an action whose
    /// exchange does not exist fails.
    #[must_use]
    pub fn exchanges_exist(mut self) -> Self {
        self.exchanges_exist = true;
        self
    }

    /// Has a server reply through the exchange of the request, as the framework's consumers do. It needs the permission to
    /// write there. Default: through the default exchange, which clients take just as well.
    #[must_use]
    pub fn reply_to_exchange(mut self) -> Self {
        self.replies_to_exchange = true;
        self
    }

    /// Has a server send the JSON of the method's own error as `data`, beside its text. It is an object for a struct and for a
    /// variant with fields; any other JSON, such as the name of a variant without fields, stays null, since peers read none.
    /// Default: null.
    #[must_use]
    pub fn error_data(mut self) -> Self {
        self.has_error_data = true;
        self
    }

    /// Has values travel as this member of an object, as `{"value": 832040}`, so that they may be of any type. Null stays
    /// null. A client takes the member of `data`; a reply without it cannot be read. Default: the value is `data` itself.
    #[must_use]
    pub fn values_in(mut self, member: impl Into<String>) -> Self {
        self.values_in = Some(member.into());
        self
    }

    /// The reply addresses that a server answers. One that is the queue's name would make a reply somebody's request.
    /// Default: those of [`ReplyPolicy::default`](amqp_rpc_runtime::server::ReplyPolicy), among them the queues that the
    /// broker names, which all clients of the framework have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }

    /// The exchange of a method of this full name.
    fn action_of(&self, full_name: &str) -> String {
        let given = self.actions.given_to(full_name).map(str::to_owned);
        given.unwrap_or_else(|| match full_name.rsplit_once('.') {
            Some((service, method)) => format!("{service}_{method}"),
            None => full_name.to_owned(),
        })
    }
}

/// The exchange of an action, as the framework declares it.
fn exchange_of(action: &str) -> Exchange {
    Exchange::transient(action, ExchangeKind::Direct)
}

/// Bindings of a queue to an action's exchange, by its name.
fn bound(queue: &str, action: &str) -> Topology {
    Topology {
        exchanges: vec![exchange_of(action)],
        queues: Vec::new(),
        bindings: vec![Binding {
            queue: queue.to_owned(),
            exchange: action.to_owned(),
            routing_key: queue.to_owned(),
            arguments: Headers::new(),
        }],
    }
}
