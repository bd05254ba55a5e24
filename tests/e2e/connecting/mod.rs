//! Opening a connection: nodes, credentials, and the permissions a user needs.

mod broker;
mod credentials;
mod frames;
mod least_privilege;
mod limits;
mod nodes;
