//! What only a real RabbitMQ can do to clients and servers: restart, die, freeze, run short of memory, lose nodes of its cluster. Each
//! test prints how long it took until the fault was noticed, and until calls worked again (`-- --nocapture`).

mod alarms;
mod cluster;
mod delivery_timeout;
mod half_open;
mod ledger;
mod load;
mod operations;
mod poison;
mod restart;
mod scene;
