//! The layout and the names of the parameters in the definitions of methods.

use std::collections::BTreeMap;

use amqp_rpc::{
    __private::Service,
    Bytes, Context,
    contract::{MethodDef, Params},
    rpc_service,
};
use serde_json::{Value, from_value, json};

#[rpc_service(name = "greetings.v2")]
trait Greeter {
    async fn nothing(&self);
    async fn only_context(&self, #[rpc(context)] cx: &Context);
    async fn several(&self, zebra: u8, #[rpc(context)] cx: &Context, apple: Option<String>);
    async fn raw_identifier(&self, r#type: String);
    async fn renamed(
        &self,
        #[serde(default, rename = "type")] kind: String,
        #[serde(rename(serialize = "written", deserialize = "read"))] sides: u8,
        #[serde(rename(serialize = "other"))] written: u8,
        #[serde(alias = "old")] aliased: u8,
        #[serde(alias = "older", rename = "new")] both: u8,
    );
    async fn skipped(
        &self,
        first: u8,
        #[serde(skip, alias = "ignored")] skipped: u8,
        #[serde(alias = "ignored", skip_deserializing)] not_read: u8,
        #[serde(skip_serializing)] not_written: u8,
    );
    async fn flattened(&self, before: u8, #[serde(flatten)] members: BTreeMap<String, u8>, after: u8);
    async fn flattened_first(&self, #[serde(flatten)] members: BTreeMap<String, u8>);
    #[rpc(bare)]
    async fn bare(&self, #[rpc(context)] cx: &Context, number: u64);
    #[rpc(bare)]
    async fn bare_renamed(&self, #[serde(rename = "type")] kind: String);
    #[rpc(bare)]
    async fn raw(&self, data: Bytes);
    #[rpc(notify, name = "remember", routing_key = "elsewhere", queue = "greetings.slow")]
    async fn note(&self, text: String, times: u8);
    #[rpc(event)]
    async fn changed(&self, id: u64, state: String);
    #[rpc(blocking)]
    fn blocking(&self, text: String);
}

#[test]
fn names_stand_in_the_order_of_the_parameters() {
    assert_eq!(GreeterSeveralRequest::METHOD.params, Params::Named(&["zebra", "apple"]));
    assert_eq!(GreeterRawIdentifierRequest::METHOD.params, Params::Named(&["type"]));
    assert_eq!(GreeterNoteRequest::METHOD.params, Params::Named(&["text", "times"]));
    assert_eq!(GreeterChanged::METHOD.params, Params::Named(&["id", "state"]));
    assert_eq!(GreeterBlockingRequest::METHOD.params, Params::Named(&["text"]));
}

#[test]
fn the_context_has_no_name_on_the_wire() {
    assert_eq!(GreeterNothingRequest::METHOD.params, Params::Named(&[]));
    assert_eq!(GreeterOnlyContextRequest::METHOD.params, Params::Named(&[]));
}

#[test]
fn a_renamed_parameter_has_the_name_that_it_is_read_by() {
    let Params::Named(names) = GreeterRenamedRequest::METHOD.params else { panic!("it has names") };
    assert_eq!(names, ["type", "read", "written", "aliased", "new"]);
}

#[test]
fn what_serde_does_not_read_has_no_name() {
    assert_eq!(GreeterSkippedRequest::METHOD.params, Params::Named(&["first", "not_written"]));
}

#[test]
fn names_end_before_what_is_flattened() {
    assert_eq!(GreeterFlattenedRequest::METHOD.params, Params::Named(&["before"]));
    assert_eq!(GreeterFlattenedFirstRequest::METHOD.params, Params::Named(&[]));
}

#[test]
fn a_bare_parameter_has_a_name_though_it_does_not_travel() {
    assert_eq!(GreeterBareRequest::METHOD.params, Params::Bare("number"));
    assert_eq!(GreeterBareRenamedRequest::METHOD.params, Params::Bare("type"));
    assert_eq!(GreeterRawRequest::METHOD.params, Params::Bare("data"));
}

#[test]
fn a_definition_by_hand_knows_no_parameters() {
    assert_eq!(MethodDef::new("fib", "fib.compute").params, Params::Unknown);
    assert_eq!(Params::default(), Params::Unknown);
    let named = MethodDef::new("fib", "fib.compute").params(Params::Named(&["n"]));
    assert_eq!(named.params, Params::Named(&["n"]));
}

/// An object of each name with a value of its own, in place of positional arguments.
fn by_position(method: &MethodDef, values: &[Value]) -> Value {
    let Params::Named(names) = method.params else { panic!("`{}` has no names", method.full_name) };
    assert_eq!(names.len(), values.len());
    names.iter().map(|name| (*name).to_owned()).zip(values.iter().cloned()).collect()
}

#[test]
fn values_by_position_reach_their_parameters() {
    let body = by_position(GreeterSeveralRequest::METHOD, &[json!(1), json!("a")]);
    let request: GreeterSeveralRequest = from_value(body).unwrap();
    assert_eq!((request.zebra, request.apple.as_deref()), (1, Some("a")));

    let values = [json!("oak"), json!(1), json!(2), json!(3), json!(4)];
    let body = by_position(GreeterRenamedRequest::METHOD, &values);
    let GreeterRenamedRequest { kind, sides, written, aliased, both } = from_value(body).unwrap();
    assert_eq!((kind.as_str(), sides, written, aliased, both), ("oak", 1, 2, 3, 4));

    let body = by_position(GreeterSkippedRequest::METHOD, &[json!(1), json!(2)]);
    let GreeterSkippedRequest { first, skipped, not_read, not_written } = from_value(body).unwrap();
    assert_eq!((first, skipped, not_read, not_written), (1, 0, 0, 2));
}

/// Implements the service; its methods are not called.
struct Unused;

impl Greeter for Unused {
    async fn nothing(&self) {}
    async fn only_context(&self, _: &Context) {}
    async fn several(&self, _: u8, _: &Context, _: Option<String>) {}
    async fn raw_identifier(&self, _: String) {}
    async fn renamed(&self, _: String, _: u8, _: u8, _: u8, _: u8) {}
    async fn skipped(&self, _: u8, _: u8, _: u8, _: u8) {}
    async fn flattened(&self, _: u8, _: BTreeMap<String, u8>, _: u8) {}
    async fn flattened_first(&self, _: BTreeMap<String, u8>) {}
    async fn bare(&self, _: &Context, _: u64) {}
    async fn bare_renamed(&self, _: String) {}
    async fn raw(&self, _: Bytes) {}
    async fn note(&self, _: String, _: u8) {}
    async fn changed(&self, _: u64, _: String) {}
    fn blocking(&self, _: String) {}
}

#[test]
fn the_service_has_the_names_of_all_its_methods() {
    fn definition<S: Service>(_: &S) -> &'static [&'static MethodDef] {
        S::DEFINITION.methods
    }
    let methods = definition(&GreeterServer::new(Unused));
    assert_eq!(methods.len(), 14);
    assert!(methods.iter().all(|method| method.params != Params::Unknown));
}
