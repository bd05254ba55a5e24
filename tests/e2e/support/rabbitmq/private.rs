//! A private node of one test, for faults that would disturb the other tests on the node of the run.

use std::{ffi::OsStr, fs, ops::Deref, path::PathBuf, thread};

use super::broker::{Broker, kill_all, new_directory, run};
use crate::support::vhost::Vhost;

/// A node that is killed and deleted when this is dropped; after a panic its logs stay.
#[derive(Debug)]
pub(crate) struct PrivateNode {
    broker: Broker,
    _directory: Directory,
}

/// Configuration of a node in addition to that of `scripts/rabbitmq.sh`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Configuration<'a> {
    /// Lines of `rabbitmq.conf`.
    pub(crate) conf: &'a str,
    /// All of `advanced.config`, an Erlang term with its full stop.
    pub(crate) advanced: &'a str,
    /// All of `enabled_plugins`, an Erlang term with its full stop.
    pub(crate) plugins: &'a str,
}

impl PrivateNode {
    pub(crate) async fn start() -> Self {
        Self::start_with(Configuration::default()).await
    }

    pub(crate) async fn start_with(configuration: Configuration<'_>) -> Self {
        let directory = Directory::create();
        let conf = directory.0.join("extra.conf");
        fs::write(&conf, configuration.conf).expect("a new directory can be written to");
        let variables = [
            ("RABBITMQ_EXTRA_CONF", conf.as_os_str()),
            ("RABBITMQ_ADVANCED_CONF", OsStr::new(configuration.advanced)),
            ("RABBITMQ_PLUGINS_ENABLED", OsStr::new(configuration.plugins)),
        ];
        run("rabbitmq.sh", &["start".as_ref(), directory.0.as_os_str()], &variables).await;
        Self { broker: Broker::in_directory(directory.0.clone()), _directory: directory }
    }

    /// A virtual host on this node.
    pub(crate) async fn vhost(&self) -> Vhost {
        Vhost::on(self.node()).await
    }
}

impl Deref for PrivateNode {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        &self.broker
    }
}

/// Holds nodes, which are killed when it is dropped: also when a test fails while they start.
#[derive(Debug)]
pub(super) struct Directory(pub(super) PathBuf);

impl Directory {
    pub(super) fn create() -> Self {
        let directory = new_directory();
        fs::create_dir_all(&directory).expect("a directory can be made beside the node of this run");
        Self(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        kill_all(&self.0);
        // The logs of a node whose test fails are kept with those of the node of this run.
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
