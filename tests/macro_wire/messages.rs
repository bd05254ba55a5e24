//! The wire form and the addresses of requests and responses. Changes when a key of the macro does.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use amqp_rpc::{
    __private::{MethodDef, Params, Repetition, Request, Response, Service, ServiceDef},
    Context, rpc_service,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, from_value, json, to_value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Refused {
    TooFar { limit: u32 },
}

/// `#[serde(with = ..)]` for a type that serde does not know.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(opaque: &super::Opaque, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&opaque.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<super::Opaque, D::Error> {
        String::deserialize(deserializer).map(super::Opaque)
    }
}

struct Opaque(String);

mod shadowing {
    pub(super) type Result<T> = std::result::Result<T, super::Refused>;
}

#[rpc_service]
trait Shapes {
    async fn nothing(&self);
    async fn several(&self, number: u8, text: String, flag: bool) -> String;
    async fn containers(
        &self,
        optional: Option<u8>,
        pair: (u8, String),
        map: BTreeMap<String, Vec<Point>>,
        nested: HashMap<String, Option<(u8, [bool; 2])>>,
    ) -> BTreeMap<String, Point>;
    async fn renamed(
        &self,
        #[serde(rename = "type")] kind: String,
        #[serde(default)] count: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")] note: Option<String>,
    );
    async fn custom(&self, #[serde(with = "as_text")] opaque: Opaque);
    #[rpc(bare)]
    async fn bare(&self, #[rpc(context)] cx: &Context, n: u64) -> u64;
    #[rpc(bare)]
    async fn bare_struct(&self, point: Point) -> Point;
    async fn fallible(&self, point: Point) -> Result<Point, Refused>;
    async fn path(&self) -> std::result::Result<u8, Refused>;
    async fn alias(&self) -> shadowing::Result<u8>;
    #[rpc(blocking)]
    fn blocking(&self, point: Point, #[rpc(context)] cx: &Context) -> Result<(), Refused>;
}

fn wire<T: Serialize>(value: T) -> Value {
    to_value(value).expect("it can be sent")
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    from_value(value).expect("it can be received")
}

#[test]
fn a_request_is_an_object_of_the_parameters_by_name() {
    let request = ShapesSeveralRequest { number: 1, text: "a".to_owned(), flag: true };
    assert_eq!(wire(request), json!({ "number": 1, "text": "a", "flag": true }));
    assert_eq!(wire(ShapesNothingRequest {}), json!({}));
}

#[test]
fn a_request_may_hold_any_owned_type() {
    let body =
        json!({ "pair": [1, "a"], "map": { "m": [{ "x": 1 }] }, "nested": { "n": [2, [true, false]] } });
    let request: ShapesContainersRequest = read(body);
    assert_eq!(request.optional, None);
    assert_eq!(request.pair, (1, "a".to_owned()));
    assert_eq!(request.map["m"], [Point { x: 1 }]);
    assert_eq!(request.nested["n"], Some((2, [true, false])));
}

#[test]
fn serde_attributes_of_parameters_belong_to_the_fields() {
    let request = ShapesRenamedRequest { kind: "oak".to_owned(), count: 2, note: None };
    assert_eq!(wire(request), json!({ "type": "oak", "count": 2 }));
    let request: ShapesRenamedRequest = read(json!({ "type": "oak" }));
    assert_eq!((request.count, request.note), (0, None));
    let request = ShapesCustomRequest { opaque: Opaque("hidden".to_owned()) };
    assert_eq!(wire(&request), json!({ "opaque": "hidden" }));
    assert_eq!(read::<ShapesCustomRequest>(wire(request)).opaque.0, "hidden");
}

#[test]
fn unknown_fields_of_a_request_are_ignored() {
    let request: ShapesFallibleRequest = read(json!({ "point": { "x": 1 }, "later": true }));
    assert_eq!(request.point, Point { x: 1 });
}

#[test]
fn a_bare_request_is_its_parameter() {
    assert_eq!(wire(ShapesBareRequest { n: 30 }), json!(30));
    assert_eq!(read::<ShapesBareStructRequest>(json!({ "x": 1 })).point, Point { x: 1 });
}

#[test]
fn a_response_is_its_value() {
    assert_eq!(wire(ShapesBareResponse::from_value(30)), json!(30));
    assert_eq!(wire(ShapesNothingResponse(())), json!(null));
    assert_eq!(read::<ShapesFallibleResponse>(json!({ "x": 1 })).into_value(), Point { x: 1 });
}

#[test]
fn errors_are_the_methods_own() {
    fn read_error<R: Request>(_: &R) -> R::Error {
        read(json!({ "TooFar": { "limit": 1 } }))
    }
    let point = Point { x: 1 };
    let errors: [Refused; 4] = [
        read_error(&ShapesFallibleRequest { point: point.clone() }),
        read_error(&ShapesPathRequest {}),
        read_error(&ShapesAliasRequest {}),
        read_error(&ShapesBlockingRequest { point }),
    ];
    assert!(errors.iter().all(|error| *error == Refused::TooFar { limit: 1 }));
}

#[test]
fn requests_and_responses_keep_their_contents_from_logs() {
    let request = ShapesSeveralRequest { number: 1, text: "secret".to_owned(), flag: true };
    assert_eq!(format!("{request:?}"), "ShapesSeveralRequest { .. }");
    assert_eq!(format!("{:?}", ShapesSeveralResponse("secret".to_owned())), "ShapesSeveralResponse { .. }");
}

#[rpc_service]
trait HTTPServer {
    async fn get_page(&self);
}

#[rpc_service(name = "servers.trees", exchange = "forest", queue = "seeds")]
trait Trees {
    #[rpc(idempotent, timeout = "1500ms")]
    async fn count(&self) -> u64;
    #[rpc(name = "plant", at_most_once, routing_key = "grow", queue = "slow seeds", request = Plant)]
    async fn plant_one(&self, kind: String);
    #[rpc(request = FellRequest, timeout = "2m")]
    async fn fell(&self);
}

#[rpc_service(exchange = "")]
trait Tutorial {
    #[rpc(routing_key = "rpc_queue", bare)]
    async fn fib(&self, n: u64) -> u64;
    #[rpc(queue = "tutorial.other")]
    async fn other(&self);
}

/// Implements the services of these tests; its methods are not called.
struct Unused;

impl HTTPServer for Unused {
    async fn get_page(&self) {}
}

impl Trees for Unused {
    async fn count(&self) -> u64 {
        0
    }
    async fn plant_one(&self, _: String) {}
    async fn fell(&self) {}
}

impl Tutorial for Unused {
    async fn fib(&self, n: u64) -> u64 {
        n
    }
    async fn other(&self) {}
}

fn definition<S: Service>(_: &S) -> &'static ServiceDef {
    S::DEFINITION
}

#[test]
fn names_follow_from_the_trait() {
    let service = definition(&HTTPServerServer::new(Unused));
    let [method] = service.methods[..] else { panic!("one method") };
    assert_eq!((service.name, method.full_name), ("http_server", "http_server.get_page"));
    assert_eq!((method.exchange, method.routing_key), ("amqp-rpc", "http_server.get_page"));
    assert_eq!((method.service, method.queue), ("http_server", "http_server"));
    assert_eq!((method.timeout, method.repetition), (None, Repetition::Undeclared));
}

#[test]
fn keys_change_names_and_addresses() {
    let [count, plant, fell] = definition(&TreesServer::new(Unused)).methods[..] else {
        panic!("three methods")
    };
    let in_forest =
        |name: &'static str| MethodDef::new("servers.trees", name).exchange("forest").queue("seeds");
    assert_eq!(
        *count,
        in_forest("servers.trees.count")
            .params(Params::Named(&[]))
            .timeout(Duration::from_millis(1500))
            .repetition(Repetition::Idempotent)
    );
    assert_eq!(
        *plant,
        in_forest("servers.trees.plant")
            .routing_key("grow")
            .params(Params::Named(&["kind"]))
            .queue("slow seeds")
            .repetition(Repetition::AtMostOnce)
    );
    assert_eq!(
        *fell,
        in_forest("servers.trees.fell").params(Params::Named(&[])).timeout(Duration::from_secs(120))
    );
}

#[test]
fn request_types_can_be_named() {
    let (_, _): (Plant, PlantResponse) = (Plant { kind: "oak".to_owned() }, PlantResponse(()));
    let (_, _): (FellRequest, FellResponse) = (FellRequest {}, FellResponse(()));
    assert_eq!(Plant::METHOD.full_name, "servers.trees.plant");
}

#[test]
fn on_the_default_exchange_each_method_has_its_queue() {
    let [fib, other] = definition(&TutorialServer::new(Unused)).methods[..] else { panic!("two methods") };
    assert_eq!((fib.exchange, fib.routing_key, fib.queue), ("", "rpc_queue", "rpc_queue"));
    assert_eq!((other.exchange, other.routing_key, other.queue), ("", "tutorial.other", "tutorial.other"));
}

#[test]
fn clients_call_by_the_names_of_the_trait() {
    // Typed, not run: a call needs a broker.
    fn _calls(shapes: &ShapesClient, trees: &TreesClient) {
        drop(shapes.several(1, "a".to_owned(), true));
        drop(shapes.bare(30));
        drop(shapes.blocking(Point { x: 1 }));
        drop(trees.plant_one("oak".to_owned()));
        drop(trees.clone());
    }
}

#[test]
fn an_alias_of_result_keeps_its_value_and_error() {
    fn is<R: Request<Response = V>, V: Response<Value = u8>>() {}
    is::<ShapesAliasRequest, ShapesAliasResponse>();
}
