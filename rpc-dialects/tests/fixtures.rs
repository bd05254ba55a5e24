//! Captured messages of the peers of each dialect, and messages that no peer sends.

use amqp_rpc_dialects::{
    AioPika, Celery, Cyberfusion, FastStream, Golevelup, Kanin, Nameko, NestJs, Tutorial,
    testing::{Fixture, check_hostile, check_malformed_replies},
};
use amqp_rpc_runtime::{
    contract::{MethodDef, Params, Repetition, ServiceDef},
    dialect::{ClientDialect, Outcome, ServerDialect},
};
use serde_json::Value;

const SERVICE: &ServiceDef = &ServiceDef::new(
    "svc",
    &[
        &MethodDef::new("svc", "svc.compute").params(Params::Named(&["n"])),
        &MethodDef::new("svc", "svc.sum").params(Params::Bare("list")),
        &MethodDef::new("svc", "svc.note").params(Params::Named(&["text"])).notify(),
    ],
);

/// The service of peers that read bytes alone.
const RAW_SERVICE: &ServiceDef =
    &ServiceDef::new("svc", &[&MethodDef::new("svc", "svc.compute").reading_anything()]);

fn check(fixture: &str, server: Option<&dyn ServerDialect>, client: Option<&dyn ClientDialect>) {
    check_in(SERVICE, fixture, server, client);
}

fn check_in(
    service: &ServiceDef,
    fixture: &str,
    server: Option<&dyn ServerDialect>,
    client: Option<&dyn ClientDialect>,
) {
    assert_says_what_is_certain(fixture);
    let fixture = Fixture::parse(fixture).expect("it is a fixture");
    if let Err(problems) = fixture.check(server, client) {
        panic!("{problems}");
    }
    if let Some(server) = server
        && let Err(problem) = check_hostile(server, service)
    {
        panic!("{problem}");
    }
    if let Some(client) = client
        && let Err(problem) = check_malformed_replies(client)
    {
        panic!("{problem}");
    }
}

/// Of each fault in a peer's reply.
fn assert_says_what_is_certain(fixture: &str) {
    let fixture: Value = serde_json::from_str(fixture).expect("it is JSON");
    for case in fixture["cases"].as_array().expect("it has cases") {
        let has_fault = case.get("fault").is_some() && case.get("replies").is_some();
        assert!(!has_fault || case["certain"].is_boolean(), "{}: is its fault certain?", case["name"]);
    }
}

#[test]
fn nameko() {
    let nameko = Nameko::new();
    check(include_str!("fixtures/nameko.json"), Some(&nameko), Some(&nameko));
}

#[test]
fn celery() {
    let celery = Celery::new();
    check(include_str!("fixtures/celery.json"), Some(&celery), Some(&celery));
}

#[test]
fn cyberfusion() {
    let cyberfusion = Cyberfusion::new("cy").values_in("value").reply_to_exchange();
    check(include_str!("fixtures/cyberfusion.json"), Some(&cyberfusion), Some(&cyberfusion));
    let version_2 = Cyberfusion::new("cy").consumer_2().action("compute", "cy_compute");
    check(include_str!("fixtures/cyberfusion-2.json"), Some(&version_2), Some(&version_2));
}

#[test]
fn nestjs() {
    let nestjs = NestJs::new().pattern("add", r#"{"cmd":"add","role":"math"}"#);
    check(include_str!("fixtures/nestjs.json"), Some(&nestjs), Some(&nestjs));
    let wildcards = nestjs.wildcards();
    check(include_str!("fixtures/nestjs-wildcards.json"), Some(&wildcards), Some(&wildcards));
}

#[test]
fn golevelup() {
    let golevelup = Golevelup::new().exchange("X");
    check(include_str!("fixtures/golevelup.json"), Some(&golevelup), Some(&golevelup));
    let errors = golevelup.errors_in("error");
    check(include_str!("fixtures/golevelup-errors.json"), Some(&errors), Some(&errors));
}

#[test]
fn faststream() {
    let faststream = FastStream::new();
    for fixture in [include_str!("fixtures/faststream.json"), include_str!("fixtures/ruststream.json")] {
        check(fixture, Some(&faststream), Some(&faststream));
    }
}

#[test]
fn aio_pika() {
    let aio_pika = AioPika::new();
    check(include_str!("fixtures/aio_pika.json"), Some(&aio_pika), Some(&aio_pika));
    let exchange = AioPika::new().exchange("X").without_service();
    check(include_str!("fixtures/aio_pika_exchange.json"), Some(&exchange), Some(&exchange));
}

#[test]
fn tutorial() {
    let tutorial = Tutorial::new().queue("compute", "rpc_queue");
    check(include_str!("fixtures/tutorial.json"), Some(&tutorial), Some(&tutorial));
    let with_errors = tutorial.errors_begin_with("error: ").error_text(|outcome| match outcome {
        Outcome::Error { text, .. } => Some(format!("error: {}", text.unwrap_or_default())),
        _ => None,
    });
    check(include_str!("fixtures/tutorial_errors.json"), Some(&with_errors), Some(&with_errors));
}

#[test]
fn sum_rpc() {
    let sum_rpc = Tutorial::new().queue("svc.sum", "rpc_queue");
    check(include_str!("fixtures/sum_rpc.json"), Some(&sum_rpc), Some(&sum_rpc));
}

#[test]
fn kanin() {
    let kanin = Kanin::new();
    check_in(RAW_SERVICE, include_str!("fixtures/kanin.json"), Some(&kanin), Some(&kanin));
    // As the second member of a message of protobuf.
    let with_faults = kanin.faults(|fault| {
        let text = fault.message().as_bytes();
        let length = u8::try_from(text.len()).expect("the texts here are short");
        [&[0x12, length][..], text].concat().into()
    });
    check_in(RAW_SERVICE, include_str!("fixtures/kanin_faults.json"), Some(&with_faults), None);
}

#[test]
fn a_fixture_tells_a_certain_fault_from_one_that_the_method_may_have_passed_on() {
    let (nestjs, nameko, aio_pika) = (include_str!("fixtures/nestjs.json"), Nameko::new(), AioPika::new());
    let dialect = NestJs::new().pattern("add", r#"{"cmd":"add","role":"math"}"#);
    let assert_differs = |fixture: &str, certain: bool, server: Option<&dyn ServerDialect>, client| {
        let said = |certain| format!("\"certain\": {certain}");
        let changed = fixture.replace(&said(certain), &said(!certain));
        let changed = Fixture::parse(&changed).expect("it is a fixture");
        let why = changed.check(server, Some(client)).unwrap_err();
        assert!(why.contains("it is read as") && why.contains("Fault("), "{why}");
    };
    assert_differs(nestjs, true, None, &dialect);
    assert_differs(nestjs, false, None, &dialect);
    assert_differs(include_str!("fixtures/nameko.json"), false, None, &nameko);
    // Of a case without replies, by what the server of the dialect says.
    assert_differs(include_str!("fixtures/aio_pika.json"), true, Some(&aio_pika), &aio_pika);
    let why = Fixture::parse(&nestjs.replace("\"fault\": \"internal\", ", "")).unwrap_err();
    assert_eq!(why, "any other exception: `certain` is beside a `fault`");
}

#[test]
fn kanin_serves_methods_of_bytes_alone() {
    let why = Kanin::new().topology(SERVICE).map(drop).unwrap_err().to_string();
    assert!(why.contains("`svc.compute` does not take bytes alone"), "{why}");
}

#[test]
fn two_methods_of_one_queue_are_refused() {
    let tutorial = Tutorial::new().queue("compute", "rpc_queue").queue("svc.sum", "rpc_queue");
    let kanin = Kanin::new().routing_key("compute", "rpc_queue").routing_key("svc.sum", "rpc_queue");
    let faststream = FastStream::new().queue("compute", "rpc_queue").queue("svc.sum", "rpc_queue");
    let servers: [&dyn ServerDialect; 3] = [&tutorial, &kanin, &faststream];
    for server in servers {
        let why = server.topology(SERVICE).map(drop).unwrap_err().to_string();
        assert!(why.contains("`svc.compute` and `svc.sum`"), "{}: {why}", server.name());
    }
}

#[test]
fn deduplicated_methods_are_refused_where_clients_send_no_idempotency_key() {
    const PLACE: &MethodDef = &MethodDef::new("svc", "svc.place").repetition(Repetition::Deduplicated);
    let service = ServiceDef::new("svc", &[PLACE]);
    let servers: [&dyn ServerDialect; 3] = [&Kanin::new(), &Nameko::new(), &Tutorial::new()];
    for server in servers {
        let why = server.topology(&service).map(drop).unwrap_err().to_string();
        assert!(why.contains("`svc.place` is `deduplicate`"), "{}: {why}", server.name());
    }
}
