//! `call --stream`: lines in, lines out, in order.

use serde_json::json;

use crate::support::Shop;

#[tokio::test]
async fn lines_are_called_at_the_same_time_and_answered_in_order() {
    let shop = Shop::open().await;
    // The first is the slowest.
    let lines = "{\"milliseconds\": 300}\n\n{\"milliseconds\": 0}\n{\"milliseconds\": 1}\n";
    let program = shop.program(&["call", "shop.wait", "--stream", "-", "--concurrency", "3"]);
    let ran = program.run(lines).await.succeeded();
    let expected: Vec<_> = (0..3).map(|index| json!({"index": index, "result": null})).collect();
    assert_eq!(ran.lines(), expected);
}

#[tokio::test]
async fn failures_are_lines_with_their_index_and_the_code_is_that_of_the_first() {
    let shop = Shop::open().await;
    let lines = [
        r#"{"article": "apple", "quantity": 1}"#,
        r#"{"article": "apple", "quantity": 60}"#,
        r#"{"article": "pear", "quantity": 1}"#,
        "nonsense",
        r#"{"article": "bread", "quantity": 1}"#,
    ];
    let file = shop.home.write("orders.ndjson", &lines.join("\n"));
    let ran = shop.run(&["call", "shop.price", "--stream", &file]).await;
    let written = ran.lines();
    assert_eq!(written[0]["result"]["cents"], 40);
    assert_eq!(written[1]["error"]["exit"], 5);
    assert_eq!(written[1]["error"]["value"], json!({"reason": "sold_out", "available": 50}));
    assert_eq!(written[2]["error"]["exit"], 6);
    assert!(written[2]["error"]["message"].to_string().contains("article"), "{written:?}");
    assert_eq!(written[3]["error"]["exit"], 1);
    assert_eq!(written[4]["result"]["cents"], 350);
    let indexes: Vec<_> = written.iter().map(|line| line["index"].as_u64()).collect();
    assert_eq!(indexes, (0..5).map(Some).collect::<Vec<_>>());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(5), ""));
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_an_error() {
    let shop = Shop::open().await;
    shop.run(&["call", "shop.price", "--stream", "gone.ndjson"]).await.failed(1, &["gone.ndjson"]);
}
