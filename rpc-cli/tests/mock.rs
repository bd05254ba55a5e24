//! `mock`: replies that obey the contract, errors and delays on demand.

use amqp_rpc_broker::Broker;
use jsonschema::Draft;
use serde_json::{Value, json};

use crate::support::{Home, Program, Running, Shop};

const APPLES: &str = r#"{"article": "apple", "quantity": 3}"#;

/// A broker without servers, and the contract of the shop in a file.
struct Empty {
    home: Home,
    broker: Broker,
    contract: String,
}

impl Empty {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let exported = shop.run(&["docs", "export", "shop"]).await.succeeded().stdout;
        let (home, broker) = (Home::create(), Broker::start().await.expect("the broker starts"));
        let contract = home.write("shop.json", &exported);
        Self { home, broker, contract }
    }

    fn program(&self, arguments: &[&str]) -> Program {
        self.home.program(arguments).env("AMQP_URL", &self.broker.uri())
    }

    /// The mock with these arguments, once it serves.
    async fn mock(&self, arguments: &[&str]) -> (Running, Value) {
        let mut mock = self.program(&[&["mock", &self.contract], arguments].concat()).start();
        let served = serde_json::from_str(&mock.line().await).expect("it is JSON");
        (mock, served)
    }

    async fn prices(&self, count: usize) -> Vec<Value> {
        let mut prices = Vec::new();
        for _ in 0..count {
            let ran =
                self.program(&["call", "shop.price", APPLES, "--contract", &self.contract]).run("").await;
            prices.push(ran.succeeded().json());
        }
        prices
    }

    /// Whether a value obeys a definition of the contract.
    fn obeys(&self, definition: &str, value: &Value) -> bool {
        let text = std::fs::read_to_string(&self.contract).expect("it can be read");
        let document: Value = serde_json::from_str(&text).expect("it is JSON");
        let schema = json!({
            "allOf": [{ "$ref": format!("#/components/schemas/{definition}") }],
            "components": document["components"],
        });
        let validator =
            jsonschema::options().with_draft(Draft::Draft7).build(&schema).expect("it is a schema");
        validator.is_valid(value)
    }
}

async fn end(mock: Running) {
    mock.interrupt().await;
    let ran = mock.end().await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
}

#[tokio::test]
async fn replies_obey_the_contract_and_are_those_of_the_seed() {
    let empty = Empty::open().await;
    let (mock, served) = empty.mock(&["--seed", "7"]).await;
    let is_served = |name: &str| {
        served.as_array().unwrap().iter().find(|row| row["method"] == name).unwrap()["served"].clone()
    };
    assert_eq!((is_served("shop.price"), is_served("shop.restock")), (true.into(), true.into()));
    assert_eq!(is_served("shop.price_changed"), false, "events are published, not served");
    let prices = empty.prices(4).await;
    for price in &prices {
        assert!(empty.obeys("Price", price), "{price}");
    }
    assert!(prices.iter().any(|price| *price != prices[0]), "{prices:?}");
    end(mock).await;

    let (mock, _) = empty.mock(&["--seed", "7"]).await;
    assert_eq!(empty.prices(4).await, prices);
    end(mock).await;
}

#[tokio::test]
async fn errors_are_those_of_the_method() {
    let empty = Empty::open().await;
    let (mock, _) = empty.mock(&["--errors", "1"]).await;
    let ran = empty.program(&["call", "shop.price", APPLES]).run("").await;
    let ran = ran.failed(5, &["shop.price returned its own error"]);
    let value = ran.stderr.lines().find(|line| line.starts_with('{')).unwrap();
    let error: Value = serde_json::from_str(value).unwrap();
    assert!(empty.obeys("ShopError", &error), "{error}");
    end(mock).await;
}

#[tokio::test]
async fn a_request_that_does_not_obey_the_contract_is_refused() {
    let empty = Empty::open().await;
    let (mock, _) = empty.mock(&[]).await;
    let body = r#"{"article": "apple", "quantity": 0}"#;
    let ran = empty.program(&["call", "shop.price", body, "--no-check"]).run("").await;
    ran.failed(5, &["bad_request", "\"field\":\"quantity\""]);
    end(mock).await;
}

#[tokio::test]
async fn a_delay_makes_callers_wait() {
    let empty = Empty::open().await;
    let (mock, _) = empty.mock(&["--delay", "1h"]).await;
    let ran = empty.program(&["call", "shop.price", APPLES, "--timeout", "300ms"]).run("").await;
    ran.failed(3, &["shop.price"]);
    drop(mock);
}

#[tokio::test]
async fn requests_are_not_taken_from_servers_that_run() {
    let shop = Shop::open().await;
    let exported = shop.run(&["docs", "export", "shop"]).await.succeeded().stdout;
    let contract = shop.home.write("shop.json", &exported);
    let ran = shop.run(&["mock", &contract]).await;
    ran.failed(1, &["shop has 1 consumers", "--namespace", "--beside-others"]);
    let mut mock = shop.program(&["mock", &contract, "--namespace", "mocked"]).start();
    mock.line().await;
    let ran = shop.run(&["call", "shop.price", APPLES, "--namespace", "mocked"]).await.succeeded();
    assert_ne!(ran.json()["cents"], 120);
    end(mock).await;
}

#[tokio::test]
async fn what_cannot_be_served_is_told() {
    let empty = Empty::open().await;
    let run = async |arguments: &[&str]| empty.program(arguments).run("").await;
    run(&["mock", "/nowhere.json"]).await.failed(1, &["/nowhere.json"]);
    run(&["mock", &empty.contract, "--service", "fib"]).await.failed(1, &["no service fib", "it has: shop"]);
    run(&["mock", &empty.contract, "--errors", "2"]).await.failed(1, &["from 0 to 1"]);
    let endless = json!({
        "service": "endless",
        "methods": [{
            "name": "run", "full_name": "endless.run", "kind": "call", "exchange": "amqp-rpc",
            "routing_key": "endless.run", "queue": "endless", "reply": { "$ref": "#/components/schemas/Endless" },
        }],
        "schemas": { "Endless": {
            "type": "object", "required": ["next"],
            "properties": { "next": { "$ref": "#/components/schemas/Endless" } },
        } },
    });
    let file = empty.home.write("endless.json", &endless.to_string());
    run(&["mock", &file]).await.failed(1, &["no reply of endless.run can be made up"]);
}
