//! The Python peer of the guide is `tests/interop/call_any.py`, which tests/docs.rs compares with the wire
//! protocol's page. Here it asks the guide's service.

use std::process::Stdio;

use amqp_rpc_broker::Broker;
use tokio::process::Command;

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn python_places_an_order() -> Result<(), Box<dyn std::error::Error>> {
    let python = std::env::var("AMQP_RPC_TEST_PYTHON").expect("scripts/test.sh sets it");
    let broker = Broker::start().await?;
    let _server = crate::orders::start(&broker.uri()).await?;
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/interop/call_any.py"))
        .args(["orders.place", r#"{"item": "tea"}"#])
        .env("AMQP_URL", broker.uri())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), r#"result {"number":1,"item":"tea","cents":250}"#, "{output:?}");
    Ok(())
}
