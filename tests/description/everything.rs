//! The description of a trait with every kind of method, compared with a committed one.
//!
//! Run with `UPDATE_DESCRIPTIONS=1` to accept what it is now.

use std::{collections::BTreeMap, env, fs};

use amqp_rpc::{Bytes, Context, Secret, description::ServiceDescription, rpc_service};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Goods that are ordered.
#[derive(Serialize, Deserialize, JsonSchema, garde::Validate)]
struct Order {
    /// Who pays.
    #[garde(length(chars, min = 1, max = 64))]
    customer: String,
    #[garde(length(min = 1, max = 100), inner(range(min = 1)))]
    articles: Vec<u64>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    note: Option<String>,
}

/// How an order goes on.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Progress {
    /// It was not looked at yet.
    Waiting,
    /// It was sent.
    Sent { parcels: Vec<Parcel> },
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Parcel {
    number: u64,
    /// Parcels in it.
    parts: Vec<Parcel>,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize, JsonSchema)]
enum OrderError {
    #[error("there is no order {0}")]
    Unknown(u64),
    #[error("it is {0}")]
    TooLate(String),
    #[error("closed")]
    Closed,
}

mod alias {
    pub(super) type Result<T> = ::core::result::Result<T, super::OrderError>;
}

type Tags = BTreeMap<String, Option<i64>>;

/// Orders of a shop.
///
/// ```json
///   {"indented": true}
/// ```
#[rpc_service(schema, name = "shop.orders", queue = "shop", exchange = "goods")]
#[allow(dead_code)]
trait Orders {
    /// Places an order.
    #[rpc(deduplicate, timeout = "5s", cancel_when_late)]
    async fn place(
        &self,
        #[rpc(context)] cx: &Context,
        /// What is ordered.
        #[garde(dive)]
        order: Order,
        #[serde(default)]
        #[garde(range(max = 9))]
        priority: u8,
        #[serde(rename = "type")] kind: Option<String>,
        #[serde(skip)] local: u8,
    ) -> Result<u64, OrderError>;
    #[deprecated(since = "1.2.0", note = "use `progress`")]
    #[rpc(idempotent)]
    async fn state(&self, id: u64) -> String;
    #[doc = include_str!("documentation.md")]
    #[rpc(idempotent, name = "how_far", routing_key = "orders.progress", queue = "shop.slow")]
    async fn progress(&self, ids: Vec<u64>, tags: Tags) -> Vec<Progress>;
    #[rpc(bare, at_most_once, lock, lock_scope = "cluster", example = 30000000000)]
    async fn cancel(&self, #[garde(range(min = 1))] id: u64) -> Result<(), OrderError>;
    #[rpc(bare, blocking)]
    fn check(&self, order: Order) -> alias::Result<()>;
    #[rpc(bare)]
    async fn scan(&self, picture: Bytes) -> Bytes;
    #[rpc(lock = "user", example = { "user": "ada", "password": "gAAAAA..." })]
    async fn log_in(&self, user: String, password: Secret<String>) -> Secret<Vec<u8>>;
    /// Sends a letter.
    #[rpc(notify)]
    async fn remind(&self, #[schemars(with = "String")] when: std::time::Duration) -> Result<(), String>;
    #[rpc(event)]
    async fn placed(&self, id: u64, order: Order);
    #[deprecated]
    #[cfg_attr(all(), doc = " Whether the service is there.")]
    async fn ping(&self);
    async fn since(&self, id: u64) -> Vec<OrdersPlaced>;
}

#[test]
fn every_kind_of_method_is_described() {
    let mut description = orders_description();
    // That of this package, which changes with each release.
    assert_eq!(description.version.take().as_deref(), Some(env!("CARGO_PKG_VERSION")));
    let written = serde_json::to_string_pretty(&description).unwrap() + "\n";
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/description/golden/orders.json");
    if env::var_os("UPDATE_DESCRIPTIONS").is_some() {
        fs::write(committed, &written).unwrap();
    }
    let committed: ServiceDescription =
        serde_json::from_str(&fs::read_to_string(committed).unwrap()).unwrap();
    assert_eq!(committed, description, "run with UPDATE_DESCRIPTIONS=1 to accept what it is now");
}

#[test]
fn every_reference_leads_to_a_schema() {
    let description = serde_json::to_value(orders_description()).unwrap();
    let mut references = Vec::new();
    collect_references(&description, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(description["schemas"].get(name).is_some(), "{reference}");
    }
}

fn collect_references<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(members) => {
            found.extend(members.get("$ref").and_then(serde_json::Value::as_str));
            members.values().for_each(|member| collect_references(member, found));
        }
        serde_json::Value::Array(elements) => {
            elements.iter().for_each(|element| collect_references(element, found));
        }
        _ => {}
    }
}
