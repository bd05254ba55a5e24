//! Lost connections: pending calls fail or are sent again, and clients and servers reconnect.

mod abandoned_declarations;
mod blocked;
mod client;
mod consumer_lookup;
mod half_open;
mod low_on_disk;
mod refused_exchanges;
mod refused_lookups;
mod refused_queues;
mod retries;
mod server;
mod server_broker_faults;
mod server_queues;
