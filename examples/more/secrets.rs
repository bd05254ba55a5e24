//! Secrets: values that travel encrypted, what a program sees that reads along, and a token that it has copied.
//!
//! Run: `cargo run -p amqp-rpc-examples --example secrets`. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc::{
    CallError, Client, Fault, Secret, Server,
    middleware::{self, IncomingCall, Next, Reply},
    rpc_service,
    secrets::Keyring,
};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A secret may stand within other values.
#[derive(Debug, Serialize, Deserialize)]
struct Account {
    name: String,
    key: Secret<String>,
}

#[rpc_service]
trait Users {
    async fn create(&self, name: String, password: Secret<String>) -> Account;
    /// Would tell a password to anybody who has its token.
    async fn spell(&self, password: Secret<String>) -> Vec<char>;
}

struct Registry;

impl Users for Registry {
    async fn create(&self, name: String, password: Secret<String>) -> Account {
        println!("[server] {name} has the password {password:?}");
        Account { name, key: Secret::new(format!("key to {}", password.expose_secret())) }
    }

    async fn spell(&self, password: Secret<String>) -> Vec<char> {
        password.expose_secret().chars().collect()
    }
}

/// The token of the last password that was on the wire.
type Copied = Arc<Mutex<Option<String>>>;

/// Reads along: a layer sees requests as they travel.
async fn read_along(copied: Copied, call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    let mut request: Value = serde_json::from_slice(call.body()).unwrap_or_default();
    if let Some(token) = request["password"].as_str().map(str::to_owned) {
        request["password"] = format!("{}…", token.get(..5).unwrap_or_default()).into();
        println!("[wire]   {}: {request}", call.method().full_name);
        *copied.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }
    next.run(call).await
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    // In a program of yours the key comes from where its other secrets come from.
    let keyring = Keyring::new(&Keyring::generate_key())?;
    let copied = Copied::default();
    let layer = {
        let copied = Arc::clone(&copied);
        middleware::from_fn(move |call, next| read_along(Arc::clone(&copied), call, next))
    };
    let server = Server::new().service(UsersServer::new(Registry)).keyring(keyring.clone()).layer(layer);
    let server = server.start(broker.url()).await?;

    let client = Client::builder().keyring(keyring).connect(broker.url()).await?;
    let account = UsersClient::new(client.clone()).create("ada".into(), Secret::from("hunter2")).await?;
    println!("{account:?}: {}", account.key.expose_secret());

    // Another method would tell the password, but the token is not for it.
    let token = copied.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match client.call_json("users.spell", json!({ "password": token })).await {
        Err(CallError::Fault(fault)) => println!("the copied token: {}", short(fault.message())),
        other => println!("the copied token: {other:?}"),
    }

    let without_keys = UsersClient::new(Client::connect(broker.url()).await?);
    let error = without_keys.create("eve".into(), Secret::from("hunter2")).await;
    if let Some(cause) = error.as_ref().err().and_then(Error::source) {
        println!("without a keyring: {}", short(&cause.to_string()));
    }
    server.shutdown().await?;
    Ok(())
}

/// Until the first colon or the place in the body.
fn short(text: &str) -> &str {
    text.split([':']).next().and_then(|text| text.split(" at line").next()).unwrap_or(text)
}
