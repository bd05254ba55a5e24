//! A Python program whose `message_id` is the key.

use super::{LedgerClient, TestStore, ledger::CountedLedger};
use crate::{
    services::{connect, start},
    support::{Program, Vhost},
};

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_program_repeats_a_call_by_its_message_id() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let arguments = ["ledger.book", r#"{"amount":1}"#, "order 1", "3"];
    let printed = Program::python("call_with_key.py", &arguments, &vhost.uri()).finish().await;
    assert_eq!(printed.stdout_of_success(), "result 1\nresult 1\nresult 1\n");
    assert_eq!(ledger.effects("order 1"), 1);
    let calls = LedgerClient::new(connect(&vhost).await);
    assert_eq!(
        calls.book(1).idempotency_key("order 1").await.unwrap(),
        1,
        "our client writes the same request"
    );
}
