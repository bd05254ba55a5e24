//! Faults of a real RabbitMQ: restarts, kills, a frozen process, alarms, lost nodes of a cluster. Each test
//! prints how long it took to notice the fault, and until calls succeeded again (`-- --nocapture`).

mod alarms;
mod cluster;
mod default_queue_type;
mod delivery_timeout;
mod half_open;
mod ledger;
mod limits;
mod load;
mod operations;
mod poison;
mod restart;
mod scene;
mod unmarked;
