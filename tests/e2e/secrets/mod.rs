//! Values that travel encrypted: between our programs, with programs of others, and in what is kept.

mod bare;
mod calls;
mod copied;
mod dead_letters;
mod keyrings;
mod protected_names;
mod python;

use amqp_rpc::{Client, RunningServer, Secret, Server, rpc_service, secrets::Keyring};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{
    services::start,
    support::{Vhost, within},
};

/// What no message may contain.
pub(super) const PLANTED: &str = "hunter2-in-the-clear";

pub(super) const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) pin: u16,
}

/// Secrets within other values.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) login: Option<Secret<Login>>,
    pub(crate) keys: Vec<Secret<String>>,
}

/// An error with a secret.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the password was used before")]
    Reused { earlier: Secret<String> },
}

#[rpc_service]
pub(crate) trait Vault {
    /// Returns the password. Refuses an empty one.
    #[rpc(idempotent)]
    async fn keep(&self, name: String, password: Secret<String>) -> Result<Secret<String>, Refused>;
    /// Has parameters of the same names and types.
    async fn show(&self, name: String, password: Secret<String>) -> String;
    async fn open(&self, account: Account) -> Account;
    #[rpc(bare)]
    async fn echo(&self, value: Secret<String>) -> Secret<String>;
    #[rpc(blocking)]
    fn grind(&self, value: Secret<u64>) -> Secret<u64>;
    /// Fails, so that its message becomes a dead letter.
    #[rpc(notify)]
    async fn deposit(&self, password: Secret<String>) -> Result<(), String>;
    #[rpc(event)]
    async fn changed(&self, password: Secret<String>);
    /// Has no secret in its contract.
    async fn legacy(&self, password: String) -> String;
}

pub(crate) struct Steel;

impl Vault for Steel {
    async fn keep(&self, _: String, password: Secret<String>) -> Result<Secret<String>, Refused> {
        if password.expose_secret().is_empty() {
            return Err(Refused::Reused { earlier: Secret::from(PLANTED) });
        }
        Ok(password)
    }

    async fn show(&self, name: String, password: Secret<String>) -> String {
        format!("{name}/{}", password.expose_secret())
    }

    async fn open(&self, account: Account) -> Account {
        account
    }

    async fn echo(&self, value: Secret<String>) -> Secret<String> {
        value
    }

    fn grind(&self, value: Secret<u64>) -> Secret<u64> {
        value
    }

    async fn deposit(&self, password: Secret<String>) -> Result<(), String> {
        Err(format!("{password:?} is not taken"))
    }

    async fn changed(&self, _: Secret<String>) {}

    async fn legacy(&self, password: String) -> String {
        password
    }
}

pub(super) fn keyring() -> Keyring {
    Keyring::new(KEY).expect("it is a key")
}

pub(super) fn vault() -> Server {
    Server::new().service(VaultServer::new(Steel))
}

pub(super) async fn serve(vhost: &Vhost, keyring: Keyring) -> RunningServer {
    start(vault().keyring(keyring), vhost).await
}

pub(super) async fn client(vhost: &Vhost, keyring: Keyring) -> Client {
    let connecting = Client::builder().keyring(keyring).connect(vhost.uri());
    within("the connection", connecting).await.expect("it connects")
}

/// The properties of a message by hand.
pub(super) fn properties(reply_to: &str, id: &str, seal: Option<String>) -> BasicProperties {
    let properties = BasicProperties::default().with_reply_to(reply_to.into()).with_correlation_id(id.into());
    let Some(seal) = seal else { return properties };
    let mut headers = FieldTable::default();
    headers.insert("secrets-seal".into(), AMQPValue::LongString(seal.into()));
    properties.with_headers(headers)
}
