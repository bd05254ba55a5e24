//! The options of a server, with their defaults.

use std::{sync::Arc, time::Duration};

use super::Server;
use crate::{
    codec::{Codec, Compression},
    lock::Locks,
    message::Context,
    server::{
        config::{Authorization, Declare, QueueOptions, RedeliveryPolicy, ReplyPolicy},
        log::FailedCall,
    },
};

impl Server {
    /// Limits how many calls of one queue run at once. Others wait on the broker, where another server may
    /// take them. Default 64, at least 1.
    pub fn concurrency(mut self, calls: u16) -> Self {
        self.concurrency = calls;
        self
    }

    /// Limits how many calls of one queue wait for a lock (`#[rpc(lock = "..")]`). They do not count towards
    /// [`concurrency`](Self::concurrency), so that others run meanwhile. One more is answered `overloaded`, and not
    /// run. Default 256; with 0 a call whose lock is held is refused at once.
    ///
    /// A queue with locked methods is consumed with a prefetch of both numbers together, at most 65,535: what is
    /// delivered and cannot run yet waits here, where no other server takes it. Notifications and events have no
    /// caller that could try again, are never refused, and do not count: as many as the prefetch allows may wait, and then nothing
    /// more of their queue is delivered until one has ended.
    pub fn max_parked(mut self, calls: u16) -> Self {
        self.max_parked = calls;
        self
    }

    /// Shares locks with other servers of this process: their methods exclude each other as if one server had
    /// them. Default: locks of its own.
    pub fn locks(mut self, locks: &Locks) -> Self {
        self.locks = locks.clone();
        self
    }

    /// The most calls that a client may send in one message, if it [coalesces](crate::client::ClientBuilder::coalesce)
    /// them. The server tells such clients how many it takes at present, a power of two: at
    /// most half of [`concurrency`](Self::concurrency), and no more than run in 20 ms one after the other, so a
    /// single one if the calls of the queue take more than 10 ms on average, or if `max_request_bytes` is below
    /// 64 KiB. 1 asks clients for single calls; what comes together is served in any case.
    /// Default 64, at least 1.
    pub fn coalesce(mut self, calls: u16) -> Self {
        self.coalesce = calls;
        self
    }

    /// Sets how long [`RunningServer::shutdown`](crate::RunningServer::shutdown) lets calls finish before it
    /// cancels them. Default 30 s.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Limits how long a method may run, layers included. Then its future is dropped wherever it waits, and
    /// its caller gets `deadline_exceeded`, Unknown: the method may have run in part. A request without a
    /// caller goes to the dead letters. Default: no limit.
    ///
    /// Make it a bit longer than the timeout of the clients, so that a caller gets its own `Timeout` first.
    /// It counts from when the call may start: it is one of the [`concurrency`](Self::concurrency), and has its
    /// lock, if the method has one. For a request without a caller that a layer refused with `overloaded` it counts
    /// from each try. A method that the contract declares `blocking` cannot be cancelled: the caller gets its reply,
    /// and the method, once it has started, runs to its end on its thread, while the server starts another call in
    /// its place.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.time_limits.handler_timeout = Some(timeout);
        self
    }

    /// Cancels methods whose caller has timed out, as [`handler_timeout`](Self::handler_timeout) does, when
    /// the caller's deadline has passed. Default: they run to their end, because a method that is dropped may
    /// have run in part.
    ///
    /// The caller has its `Timeout` by then: the server counts from the receipt of the request, later than
    /// the caller does.
    ///
    /// A method that runs on takes up [`concurrency`](Self::concurrency) until its end: as many of them as that
    /// is fill the server. [`ServerStats::abandoned_calls`](crate::server::ServerStats::abandoned_calls) counts
    /// them. `#[rpc(cancel_when_late)]` does the same for one method.
    pub fn cancel_when_late(mut self) -> Self {
        self.time_limits.cancels_late = true;
        self
    }

    /// Limits the size of an encoded request. A larger one is answered `request_too_large`, and its body is
    /// not kept. Default 1 MiB.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.admission.max_request_bytes = bytes;
        self
    }

    /// Limits the bytes of the large requests that are decoded and run at the same time, over all queues of
    /// the server: what comes in addition waits, undecoded, until others have ended, or until its caller's
    /// deadline. A request that is larger than the limit runs when no other large one does. Default 4 MiB, at
    /// least 1.
    ///
    /// A method that makes a large call of its own server may so wait for itself, as it may for
    /// [`concurrency`](Self::concurrency): that call ends by its timeout, the method by its caller's deadline or by
    /// [`handler_timeout`](Self::handler_timeout), and the room is free again.
    ///
    /// Requests below 4 KiB are not counted; [`concurrency`](Self::concurrency) bounds them. Those that wait are
    /// among the calls that it counts. Decoded values may take much more than their bodies where a parameter is
    /// of a type that can hold anything, such as `serde_json::Value`: 95 times as much of JSON, 220 times of
    /// MessagePack.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.max_bytes_in_flight = bytes;
        self
    }

    /// Limits the size of an encoded reply. Instead of a larger one the caller gets `reply_too_large`.
    /// Default 16 MiB.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.max_reply_bytes = bytes;
        self
    }

    /// Compresses replies for callers that accept it, by the header `accept-encoding`; clients with
    /// [compression](crate::client::ClientBuilder::compression) do. Default: replies are not compressed.
    /// Compressed requests are read in any case, with the features `gzip` and `zstd`; inflated they may have
    /// no more than [`max_request_bytes`](Self::max_request_bytes).
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Reads requests in a custom codec, and replies in it; see [`Codec`](crate::codec::Codec). May be called
    /// for any number of codecs. Default: those that this crate was compiled with: JSON, and with the
    /// features `msgpack` and `cbor` MessagePack and CBOR.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.push(codec.into());
        self
    }

    /// The keys of the [`Secret`](crate::Secret)s in requests and replies. Default: none, and a request with a
    /// secret is answered with `bad_request`, one whose result has a secret with `unencodable_reply`.
    #[cfg(feature = "secrets")]
    pub fn keyring(mut self, keyring: crate::secrets::Keyring) -> Self {
        self.secrets = keyring.into();
        self
    }

    /// The store of the replies of `#[rpc(deduplicate)]` methods, with the default
    /// [options](crate::idempotency::IdempotencyOptions); see [`idempotency`](crate::idempotency). Default: none, and
    /// [`start`](Self::start) refuses a service with such methods.
    ///
    /// Calls of such methods run on when the connection is lost, to their end or until a shutdown: their requests are
    /// delivered again, and find the reply.
    #[cfg(feature = "idempotency")]
    pub fn idempotency_store(self, store: impl crate::idempotency::IdempotencyStore) -> Self {
        self.idempotency_store_with(store, crate::idempotency::IdempotencyOptions::new())
    }

    /// Does the same with other options.
    #[cfg(feature = "idempotency")]
    pub fn idempotency_store_with(
        mut self,
        store: impl crate::idempotency::IdempotencyStore,
        options: crate::idempotency::IdempotencyOptions,
    ) -> Self {
        self.store = crate::idempotency::ChosenStore::new(store, options);
        self
    }

    /// Sends the text of a panic to the caller. Default: it is only logged, because it may contain anything.
    pub fn expose_panics(mut self) -> Self {
        self.exposes_panics = true;
        self
    }

    /// Also logs the errors that methods return to their callers, at `INFO`, without their content. Default:
    /// they are results like others, and only other failures are logged.
    pub fn log_errors(mut self) -> Self {
        self.failures.logs_errors = true;
        self
    }

    /// Keeps expected failures out of the log: those for which `excludes` returns true. A further function
    /// adds to the others; one that panics excludes nothing. It is only called for failures that would be
    /// logged. Default: every failure is logged once, under the target `amqp_rpc_runtime::failures`.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{FaultCode, Server};
    ///
    /// #[derive(serde::Deserialize)]
    /// enum FibError {
    ///     TooLarge { limit: u64 },
    /// }
    ///
    /// let server = Server::new()
    ///     .log_errors()
    ///     .log_exclude(|failure| matches!(failure.error(), Some(FibError::TooLarge { .. })))
    ///     .log_exclude(|failure| failure.fault().is_some_and(|fault| *fault.code() == FaultCode::Expired));
    /// # let _ = server;
    /// ```
    pub fn log_exclude(mut self, excludes: impl Fn(&FailedCall<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.failures.exclusions.push(Box::new(excludes));
        self
    }

    /// Sets which reply addresses are allowed. Default: those of RPC clients; see [`ReplyPolicy`].
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.admission.reply_policy = policy;
        self
    }

    /// Sets whether a redelivered request is run when its method declares nothing. Default: it is.
    /// `idempotent` methods always run it, `at_most_once` methods never, and `deduplicate` methods if it has not run.
    pub fn redelivered(mut self, policy: RedeliveryPolicy) -> Self {
        self.admission.redelivered = policy;
        self
    }

    /// Authorizes every call by `allows` before its body is decoded. A call that is not allowed is answered
    /// `unauthorized` and does not run. Default: every client that can send a request may call everything.
    ///
    /// The broker checks [`Context::user_id`], but it is only present when the client sends it
    /// ([`ClientBuilder::send_user_id`](crate::client::ClientBuilder::send_user_id)): `None` can be any
    /// client. A later call replaces the function. All requests of a queue wait for it, so it should be
    /// quick, such as a look-up; checks that take time belong into a [`layer`](Self::layer). When it panics,
    /// the call is refused.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{Client, Context, Server};
    ///
    /// fn may_call(cx: &Context) -> bool {
    ///     match cx.method().full_name {
    ///         "accounts.close" => cx.user_id() == Some("back-office"),
    ///         _ => cx.user_id().is_some(),
    ///     }
    /// }
    ///
    /// let server = Server::new().authorize(may_call);
    /// let client = Client::builder().send_user_id();
    /// # let _ = (server, client);
    /// ```
    pub fn authorize(mut self, allows: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Self {
        self.admission.authorization = Some(Authorization(Arc::new(allows)));
        self
    }

    /// Prefixes exchanges and queues with `{namespace}.`, so that one trait serves many tenants. Clients must
    /// use the same one.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Sets which program declares exchanges, queues and bindings. Default: this server.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.declare = declare;
        self
    }

    /// Sets whether the server tells of itself: which services it has, what these have, and how often they were
    /// called; see [`reflection`](crate::reflection). Default: yes, to whom [`authorize`](Self::authorize) and the
    /// [layers](Self::layer) let through. Without it the methods `$ping`, `$describe` and `$stats` of its services are
    /// unroutable, nothing is declared for them, and calls are not counted.
    pub fn reflection(mut self, reflects: bool) -> Self {
        self.reflects = reflects;
        self
    }

    /// The version of the program, such as `env!("CARGO_PKG_VERSION")`, by which
    /// [reflection](Self::reflection) tells instances apart. Default: none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the options of queues whose service has none of its own.
    pub fn queue_options(mut self, options: QueueOptions) -> Self {
        self.queue_options = options;
        self
    }
}
