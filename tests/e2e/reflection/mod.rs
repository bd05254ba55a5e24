//! Reflection: clients ask servers what they serve, without a contract.

mod answers;
mod changes;
mod describing;
mod listing;
mod permissions;
mod statistics;

use amqp_rpc::{Client, reflection::Instance};

use crate::support::within;

/// All instances, sorted by their program's version.
async fn instances(client: &Client) -> Vec<Instance> {
    let mut instances =
        within("the instances", client.reflection().instances()).await.expect("servers can be asked");
    instances.sort_by(|one, other| one.version.cmp(&other.version));
    instances
}

/// The names of the services of an instance.
fn services(instance: &Instance) -> Vec<&str> {
    instance.services.iter().map(|service| service.name.as_str()).collect()
}
