//! Reflection: clients ask servers what they serve, without a contract.

mod answers;
mod changes;
mod describing;
mod listing;
mod permissions;
mod statistics;

use std::time::Duration;

use amqp_rpc::{
    Client,
    reflection::{Instance, Reflection},
};

use crate::support::within;

/// Waits long enough for servers on a machine that is busy.
fn asking(client: &Client) -> Reflection {
    client.reflection().quiet(Duration::from_secs(1)).limit(Duration::from_secs(15))
}

/// All instances, sorted by their program's version.
async fn instances(client: &Client) -> Vec<Instance> {
    let mut instances =
        within("the instances", asking(client).instances()).await.expect("servers can be asked");
    instances.sort_by(|one, other| one.version.cmp(&other.version));
    instances
}

/// The names of the services of an instance.
fn services(instance: &Instance) -> Vec<&str> {
    instance.services.iter().map(|service| service.name.as_str()).collect()
}
