//! `watch`: queues as they are, and what changes.

use amqp_rpc::Server;
use serde_json::{Value, json};

use crate::{
    shop::{Shelves, ShopServer},
    support::Shop,
};

fn row<'v>(rows: &'v Value, queue: &str) -> &'v Value {
    let found = rows.as_array().expect("it is a list").iter().find(|row| row["queue"] == queue);
    found.unwrap_or_else(|| panic!("{queue} is missing: {rows}"))
}

#[tokio::test]
async fn once_shows_queues_with_what_waits_and_who_consumes() {
    let shop = Shop::open().await;
    let rows = shop.run(&["watch", "shop", "--once"]).await.succeeded().json();
    let requests = row(&rows, "shop");
    assert_eq!((&requests["waiting"], &requests["consumers"]), (&0.into(), &1.into()));
    assert_eq!((&requests["role"], &requests["change_per_second"]), (&"requests".into(), &Value::Null));
    assert_eq!(row(&rows, "shop.dead")["role"], "dead letters");
    let table = shop.run(&["watch", "shop", "--once", "-o", "table"]).await.succeeded().stdout;
    assert!(
        table.contains("WAITING") && table.contains("dead letters") && !table.contains('\u{1b}'),
        "{table:?}"
    );
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_shown_as_missing() {
    let shop = Shop::open().await;
    let arguments = ["watch", "nobody", "--queue", "shop", "--once", "--queues-only"];
    let rows = shop.run(&arguments).await.succeeded().json();
    let missing = row(&rows, "nobody");
    assert_eq!((&missing["exists"], &missing["waiting"]), (&false.into(), &Value::Null));
    assert_eq!(row(&rows, "shop")["exists"], true, "a missing queue closes its channel, and no other");
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
}

#[tokio::test]
async fn without_names_the_services_that_answer_are_watched() {
    let shop = Shop::open().await;
    let rows = shop.run(&["watch", "--once"]).await.succeeded().json();
    assert_eq!(row(&rows, "shop")["service"], "shop");
}

#[tokio::test]
async fn calls_are_those_that_the_servers_tell() {
    let shop = Shop::open().await;
    shop.run(&["call", "shop.price", r#"{"article": "apple", "quantity": 60}"#]).await;
    let rows = shop.run(&["watch", "shop", "--once"]).await.succeeded().json();
    let calls = &row(&rows, "shop")["calls"];
    assert_eq!((&calls["instances"], &calls["calls"], &calls["errors"]), (&1.into(), &1.into(), &1.into()));
}

#[tokio::test]
async fn changes_are_shown_until_ctrl_c() {
    let shop = Shop::with(Server::new().service(ShopServer::new(Shelves)).namespace("old")).await;
    let arguments = ["watch", "--queue", "old.shop", "--queue", "old.shop.dead", "--interval", "100ms"];
    let mut running = shop.program(&arguments).start();
    let first: Value = serde_json::from_str(&running.line().await).unwrap();
    assert_eq!(row(&first, "old.shop")["change_per_second"], Value::Null);
    // A message that cannot be read is a dead letter.
    let body = json!({"article": "pear", "quantity": 5}).to_string();
    let notify = ["notify", "shop.restock", &body, "--namespace", "old", "--no-check"];
    shop.run(&notify).await.succeeded();
    loop {
        let rows: Value = serde_json::from_str(&running.line().await).unwrap();
        let dead = row(&rows, "old.shop.dead");
        if dead["change_per_second"].as_f64().is_some_and(|change| change > 0.0) {
            assert_eq!(dead["waiting"], 1);
            break;
        }
    }
    running.interrupt().await;
    let ran = running.end().await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
}

#[tokio::test]
async fn a_count_ends_it_and_too_short_an_interval_is_refused() {
    let shop = Shop::open().await;
    let arguments = ["watch", "shop", "--queues-only", "--interval", "100ms", "--count", "3"];
    assert_eq!(shop.run(&arguments).await.succeeded().lines().len(), 3);
    shop.run(&["watch", "--interval", "1ms"]).await.failed(1, &["at least 100ms"]);
}
