//! The server: start and shutdown, services and queues, replies, settling, and what it logs.

mod abandoned;
mod blocked_runtime;
mod composition;
mod context;
mod direct_replies;
mod failure_log;
mod fairness;
mod full_queue;
mod large_requests;
mod lifecycle;
mod pipelining;
mod policies;
mod redelivery;
mod restarts;
mod settling;
mod start;
mod workers;
