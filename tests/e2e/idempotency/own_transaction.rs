//! The key in the transaction of the effect, in a real PostgreSQL: the code of the example.

#[path = "../../../examples/more/own_transaction/payments.rs"]
mod payments;

use std::{env, time::Duration};

use amqp_rpc::{CallError, Client, ConnectOptions, RunningServer, Server};
use amqp_rpc_broker::faults::{Action, Matcher, Method};
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use uuid::Uuid;

use self::payments::{Bookkeeper, ChargeError, PaymentsClient, PaymentsServer};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, embedded_broker, within},
};

/// A schema of the test's own, in the PostgreSQL of this run.
struct Database {
    url: String,
    sql: tokio_postgres::Client,
    _connection: JoinSet<()>,
}

impl Database {
    /// With an account of 1000 cents.
    async fn create() -> Self {
        let url = env::var("AMQP_RPC_TEST_POSTGRES");
        let url = url.expect("scripts/with-postgres.sh sets AMQP_RPC_TEST_POSTGRES");
        let schema = format!("test_{}", Uuid::new_v4().simple());
        let url = format!("{url}?options=-csearch_path%3D{schema}");
        let (sql, connection) = within("PostgreSQL", tokio_postgres::connect(&url, NoTls)).await.unwrap();
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        sql.batch_execute(&format!("create schema {schema}")).await.unwrap();
        let database = Self { url, sql, _connection: driver };
        database.bookkeeper().await.open_account("ada", 1000).await.unwrap();
        database
    }

    async fn bookkeeper(&self) -> Bookkeeper {
        within("PostgreSQL", Bookkeeper::connect(&self.url)).await.unwrap()
    }

    async fn server(&self) -> Server {
        Server::new().service(PaymentsServer::new(self.bookkeeper().await))
    }

    async fn cents(&self) -> i64 {
        self.sql.query_one("select cents from accounts where name = 'ada'", &[]).await.unwrap().get(0)
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: scripts/test.sh"]
async fn repeats_at_once_on_several_servers_have_their_effect_once_in_the_database() {
    let (vhost, database) = (Vhost::create().await, Database::create().await);
    let mut servers: Vec<RunningServer> = Vec::new();
    for _ in 0..4 {
        servers.push(start(database.server().await, &vhost).await);
    }
    let payments = PaymentsClient::new(connect(&vhost).await);
    let repeats = (0..40).map(|_| payments.charge("ada".into(), 300).idempotency_key("order 1"));
    for left in within("the replies", join_all(repeats)).await {
        assert_eq!(left.unwrap(), 700);
    }
    assert_eq!(database.cents().await, 700);
    let other = payments.charge("ada".into(), 301).idempotency_key("order 1").await.unwrap_err();
    assert!(matches!(other, CallError::Method(ChargeError::OtherCharge)), "{other:?}");
    for _ in 0..2 {
        let refused = payments.charge("ada".into(), 701).idempotency_key("order 2").await.unwrap_err();
        assert!(matches!(refused, CallError::Method(ChargeError::Uncovered { cents: 700 })), "{refused:?}");
    }
    for cents in [0, -300, i64::MIN] {
        let refused = payments.charge("ada".into(), cents).idempotency_key("order 3").await.unwrap_err();
        assert!(matches!(refused, CallError::Method(ChargeError::Amount { .. })), "{refused:?}");
    }
    let without = payments.charge("ada".into(), 1).await.unwrap_err();
    assert!(matches!(without, CallError::Method(ChargeError::NoKey)), "{without:?}");
    assert_eq!(database.cents().await, 700);
}

/// On the embedded broker, which can break a connection between two frames.
#[tokio::test]
#[ignore = "needs PostgreSQL: scripts/test.sh"]
async fn a_server_lost_after_its_commit_and_before_its_reply_has_had_its_effect_once() {
    let (broker, database) = (embedded_broker().start().await.unwrap(), Database::create().await);
    let name = ConnectOptions::new(broker.uri()).name("first");
    let first = database.server().await.start(name).await.unwrap();
    let reply = Matcher::from_client(Method::BasicPublish).connection("first").exchange("");
    let loss = broker.on(reply, Action::Reset);
    let client = Client::builder().timeout(Duration::from_secs(30)).connect(broker.uri()).await.unwrap();
    let charge = PaymentsClient::new(client).charge("ada".into(), 300).idempotency_key("order 1");
    let charge = tokio::spawn(charge);
    within("the loss", loss.hit()).await;
    drop(first);
    drop(loss);
    assert_eq!(database.cents().await, 700, "it has committed");

    let _second = database.server().await.start(broker.uri()).await.unwrap();
    assert_eq!(within("the reply", charge).await.unwrap().unwrap(), 700);
    assert_eq!(database.cents().await, 700);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: scripts/test.sh"]
async fn a_server_lost_before_its_commit_has_had_no_effect_and_the_next_one_has() {
    let (vhost, mut database) = (Vhost::create().await, Database::create().await);
    let first = start(database.server().await, &vhost).await;
    let url = database.url.clone();
    // Holds the account, so that the transaction of the first server stops between the key and its effect.
    let holding = database.sql.transaction().await.unwrap();
    holding.execute("select from accounts where name = 'ada' for update", &[]).await.unwrap();
    let payments = PaymentsClient::new(connect(&vhost).await);
    let charge = tokio::spawn(payments.charge("ada".into(), 300).idempotency_key("order 1"));
    let watching = within("PostgreSQL", tokio_postgres::connect(&url, NoTls)).await.unwrap();
    let (watching, connection) = watching;
    let mut driver = JoinSet::new();
    driver.spawn(async move { drop(connection.await) });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' \
                 and query like 'update accounts%' and pid in (select pid from pg_locks where not granted)";
    await_until("its transaction waits", || async {
        watching.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) >= 1
    })
    .await;
    drop(first);
    let _second =
        start(Server::new().service(PaymentsServer::new(Bookkeeper::connect(&url).await.unwrap())), &vhost);
    let _second = _second.await;
    holding.rollback().await.unwrap();
    assert_eq!(within("the reply", charge).await.unwrap().unwrap(), 700);
    assert_eq!(database.cents().await, 700);
}
