//! An exchange that the user may not write to: the first refusal closes the channel, later ones come from a
//! cache.

use amqp_rpc::{CallError, Client, Execution, Server, rpc_service};

use crate::{
    services::{FibClient, GateClient, Gatekeeper, serve_fib, serve_gate, start},
    support::{Permissions, Vhost, within},
};

#[rpc_service(exchange = "vault")]
trait Vault {
    #[rpc(idempotent)]
    async fn open(&self) -> u64;
}

struct Open;

impl Vault for Open {
    async fn open(&self) -> u64 {
        42
    }
}

#[tokio::test]
async fn a_refused_exchange_is_named_never_executed_and_not_tried_again() {
    let mut vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _gates = serve_gate(&vhost, &gate, 8).await;
    let _fib = serve_fib(&vhost).await;
    let _vault = start(Server::new().service(VaultServer::new(Open)), &vhost).await;
    // RabbitMQ since 4.3 refuses to look the exchange up without any permission on it.
    let permissions = Permissions {
        configure: r"^amqp-rpc\.reply\.",
        write: "^amqp-rpc$",
        read: r"^(amqp-rpc\.reply\.|vault$)",
    };
    let uri = vhost.add_user("caller", "secret", permissions).await;
    let client = Client::connect(&uri).await.unwrap();
    let (fib, gates, vault) =
        (FibClient::new(client.clone()), GateClient::new(client.clone()), VaultClient::new(client.clone()));
    assert_eq!(fib.compute(10).await.unwrap(), 55);
    let idempotent = tokio::spawn(gates.pass_idempotent(1));
    gate.until_running(1).await;

    let error = within("the refusal", vault.open()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::AccessRefused(refused) if refused.exchange() == "vault"),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert!(!format!("{error:?} {error}").contains("secret"));

    // Pending calls of the channel are sent again over the next connection.
    gate.until_started(2).await;
    gate.open_for(2);
    assert_eq!(within("the repetition", idempotent).await.unwrap().unwrap(), 1);
    assert_eq!(client.state().epoch(), Some(2));

    for _ in 0..10 {
        let error = within("the refusal from memory", vault.open()).await.unwrap_err();
        assert!(matches!(error, CallError::AccessRefused(_)), "{error:?}");
    }
    assert_eq!(fib.compute(10).await.unwrap(), 55);
    assert_eq!(client.state().epoch(), Some(2), "no further connection was lost to it");
}
