//! Schemas that are not as they seem: equal names, recursion, secrets, and what travels beside Rust's types.

use std::collections::HashMap;

use amqp_rpc::{
    Secret,
    description::{MethodDescription, ServiceDescription},
    rpc_service,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod old {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Address {
        street: String,
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Address {
    lines: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Node {
    children: Vec<Node>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Paging {
    page: u32,
    size: Option<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Tree {
    id: u64,
}

/// Its values cannot be described.
#[derive(Serialize, Deserialize)]
struct Opaque;

#[rpc_service(schema)]
#[allow(dead_code)]
trait Shapes {
    async fn move_to(&self, from: old::Address, to: Address);
    async fn tree(&self, root: Node) -> Node;
    async fn list(&self, query: String, #[serde(flatten)] paging: Paging) -> HashMap<String, u64>;
    async fn secret(&self, #[serde(default)] keys: Vec<Secret<[u8; 4]>>) -> Option<Secret<String>>;
    async fn opaque(
        &self,
        #[schemars(with = "Option<bool>")] opaque: Opaque,
        #[serde(skip)] local: Option<u8>,
    );
    async fn renamed(
        &self,
        #[serde(rename = "index", alias = "n", alias = "position")] index: u64,
        #[serde(alias = "home")] address: Address,
        #[serde(alias = "where")]
        #[schemars(extend("x-aliases" = ["where", "at"]))]
        place: String,
        #[serde(alias = "never", flatten)] paging: Paging,
    );
    #[rpc(lock = "tenant", lock_scope = "cluster")]
    async fn locked(&self, #[serde(rename = "owner")] tenant: u64);
    #[rpc(lock = "tree.id")]
    async fn locked_by_field(&self, #[serde(rename = "root")] tree: Tree);
    #[rpc(lock = "paging.page")]
    async fn locked_by_flattened(&self, #[serde(flatten)] paging: Paging);
    #[rpc(lock = "tree.id", bare)]
    async fn locked_by_body(&self, tree: Tree);
    #[rpc(lock)]
    async fn locked_whole(&self, tree: Tree);
    #[rpc(bare, example = 1.79e308)]
    async fn large(&self, number: f64);
    #[rpc(bare, example = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]])]
    async fn deep(&self, value: Value);
    #[rpc(bare)]
    async fn limited(&self, #[garde(length(min = 2))] words: Vec<String>);
}

fn method(name: &str) -> MethodDescription {
    shapes_description().methods.into_iter().find(|method| method.name == name).expect("it has the method")
}

fn properties(method: &MethodDescription) -> Value {
    method.request["properties"].clone()
}

#[test]
fn two_types_with_one_name_have_two_schemas() {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    assert_eq!(
        properties(&method("move_to")),
        json!({"from": reference("Address"), "to": reference("Address2")})
    );
    let schemas = shapes_description().schemas;
    assert!(schemas["Address"]["properties"].get("street").is_some());
    assert!(schemas["Address2"]["properties"].get("lines").is_some());
}

#[test]
fn a_recursive_type_refers_to_itself() {
    let node = json!({"$ref": "#/components/schemas/Node"});
    assert_eq!(method("tree").reply, Some(node.clone()));
    assert_eq!(shapes_description().schemas["Node"]["properties"]["children"]["items"], node);
}

#[test]
fn flattened_members_are_in_the_schema_and_not_among_the_parameters() {
    let list = method("list");
    assert_eq!(list.parameters, ["query"]);
    assert_eq!(list.request["required"], json!(["query", "page"]));
    assert!(properties(&list).get("size").is_some());
}

#[test]
fn a_secret_is_a_token_whatever_is_in_it() {
    let secret = method("secret");
    let token = json!({"type": "string", "format": "fernet", "description": "An encrypted value."});
    assert_eq!(properties(&secret)["keys"]["items"], token);
    assert_eq!(secret.request.get("required"), None);
    let reply = secret.reply.unwrap();
    assert_eq!((&reply["format"], &reply["type"]), (&json!("fernet"), &json!(["string", "null"])));
}

#[test]
fn a_parameter_is_described_as_its_attribute_says() {
    let opaque = method("opaque");
    assert_eq!(properties(&opaque), json!({"opaque": {"type": ["boolean", "null"]}}));
    assert_eq!(opaque.request["title"], json!("ShapesOpaqueRequest"));
}

#[test]
fn the_rules_of_a_bare_parameter_are_in_its_schema() {
    let limited = method("limited");
    assert_eq!(limited.request, json!({"type": "array", "items": {"type": "string"}, "minItems": 2}));
    assert_eq!((limited.bare, limited.parameters), (true, vec!["words".to_owned()]));
}

/// By them the comparison of two versions knows a parameter that was renamed.
#[test]
fn the_aliases_of_parameters_are_in_the_schema() {
    let properties = properties(&method("renamed"));
    let aliases = |name: &str| properties[name]["x-aliases"].clone();
    assert_eq!(aliases("index"), json!(["n", "position"]));
    assert_eq!(aliases("address"), json!(["home"]));
    assert_eq!(aliases("place"), json!(["where", "at"]), "what the parameter itself says");
    assert_eq!(aliases("page"), Value::Null);
}

/// Callers compute the partition of a lock in a cluster from it.
#[test]
fn the_key_of_a_lock_is_where_its_value_travels() {
    let key = |name: &str| method(name).lock.expect("it is locked").key;
    assert_eq!(key("locked").as_deref(), Some("owner"));
    assert_eq!(key("locked_by_field").as_deref(), Some("root.id"));
    assert_eq!(key("locked_by_flattened").as_deref(), Some("page"));
    assert_eq!(key("locked_by_body").as_deref(), Some("tree.id"));
    assert_eq!(key("locked_whole"), None);
}

#[test]
fn examples_at_the_limits_are_in_descriptions_and_can_be_read() {
    assert_eq!(method("large").examples, [json!(1.79e308)]);
    let written = serde_json::to_string(&[shapes_description()]).unwrap();
    let read: Vec<ServiceDescription> = serde_json::from_str(&written).unwrap();
    let deep = read[0].methods.iter().find(|method| method.name == "deep").unwrap();
    assert_eq!(deep.examples[0].to_string().len(), 200);
}
