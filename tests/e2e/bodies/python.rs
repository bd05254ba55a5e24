//! A Python program that speaks MessagePack to our server.

use super::registry;
use crate::{
    services::start,
    support::{Program, Vhost},
};

async fn printed(vhost: &Vhost, method: &str, arguments: &str) -> String {
    Program::python("call_msgpack.py", &[method, arguments], &vhost.uri()).finish().await.stdout_of_success()
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_program_calls_in_message_pack_and_reads_the_reply() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    let ada =
        |age: u8| format!(r#"{{"person": {{"name": "Ada", "age": {age}, "tags": [["born", -1815]]}}}}"#);
    assert_eq!(
        printed(&vhost, "people.birthday", &ada(36)).await,
        "application/msgpack result {'name': 'Ada', 'age': 37, 'tags': (('born', -1815),)}\n"
    );
    assert_eq!(
        printed(&vhost, "people.birthday", &ada(101)).await,
        "application/msgpack error {'TooOld': {'limit': 100}}\n"
    );
    // Keys that JSON cannot write.
    assert_eq!(
        printed(&vhost, "people.board", r#"{"columns": 2}"#).await,
        "application/msgpack result {(0, 0): 'pawn', (0, 1): 'pawn'}\n"
    );
    let fault = printed(&vhost, "people.board", r#"{"columns": "two"}"#).await;
    assert!(fault.starts_with("application/msgpack fault {'code': 'bad_request'"), "{fault}");
    assert!(fault.contains("'field': 'columns'"), "{fault}");
}
