//! The code and the commands that docs/contract-documents.md shows.

#![expect(unreachable_pub, reason = "the page shows a crate that others use")]

use std::{env, fs, process};

use serde_json::{Value, json};

/// The tests are built without the feature `docs`.
mod amqp_rpc {
    pub(super) use ::amqp_rpc::{Client, rpc_service};
    pub(super) use ::amqp_rpc_docs as docs;
}

use amqp_rpc::rpc_service;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum FibError {
    /// The number has more than 64 bits.
    TooLarge { limit: u64 },
}

/// Fibonacci numbers.
#[rpc_service(schema)]
pub trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent, timeout = "5s")]
    async fn compute(&self, #[garde(range(max = 90))] n: u64) -> Result<u64, FibError>;
}

fn description_as_json() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&fib_description())
}

use amqp_rpc::docs::{
    asyncapi::{Info, asyncapi},
    json_schema,
};

fn write_documents(folder: &std::path::Path) -> std::io::Result<()> {
    let services = [fib_description()];
    let document = asyncapi(&services, &Info::new("Fibonacci numbers", "1.2.0"));
    std::fs::write(folder.join("asyncapi.json"), format!("{document:#}\n"))?;
    let head = json_schema::head(&services);
    std::fs::write(folder.join("head.json"), format!("{head:#}\n"))
}

use amqp_rpc::docs::page;

fn write_page(folder: &std::path::Path) -> std::io::Result<()> {
    let page = page::html(&[fib_description()], &Info::new("Fibonacci numbers", "1.2.0"));
    std::fs::write(folder.join("fib.html"), page)
}

use amqp_rpc::{
    Client,
    docs::server::{DocsServer, RunningDocsServer},
};

async fn serve_page(client: Client) -> std::io::Result<RunningDocsServer> {
    let services = vec![fib_description()];
    let docs = DocsServer::new(services, Info::new("Fibonacci numbers", "1.2.0"));
    docs.try_it(client).start().await
}

use amqp_rpc::docs::{
    asyncapi::read,
    compatibility::{Report, compare},
};

/// What has changed since `document` was written.
fn changes_since(document: &std::path::Path) -> Result<Report, Box<dyn std::error::Error>> {
    let old = read(&serde_json::from_str(&std::fs::read_to_string(document)?)?)?;
    Ok(compare(&old, &[fib_description()]))
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Range {
    #[serde(alias = "first")]
    #[schemars(extend("x-aliases" = ["first"]))]
    pub start: u64,
}

/// A file of the repository.
fn file(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The blocks of the page in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

/// All words of the blocks that begin with `--` or have a version.
fn options_and_versions(blocks: &[String]) -> Vec<&str> {
    let words = blocks.iter().flat_map(|block| block.split_whitespace());
    words.filter(|word| word.starts_with("--") || word.contains("==")).collect()
}

#[test]
fn the_code_on_the_page_is_compiled() {
    let (page, here) = (file("docs/contract-documents.md"), file("tests/description/guide.rs"));
    let shown = blocks(&page, "rust");
    assert!(shown.len() >= 4, "{} blocks", shown.len());
    for code in shown {
        assert!(
            here.contains(&code),
            "docs/contract-documents.md and tests/description/guide.rs differ in:\n{code}"
        );
    }
}

#[test]
fn the_description_on_the_page_is_what_the_code_returns() {
    let page = file("docs/contract-documents.md");
    let shown = blocks(&page, "json").remove(0);
    let mut shown: Value = serde_json::from_str(&shown).unwrap();
    let described: Value = serde_json::from_str(&description_as_json().unwrap()).unwrap();
    shown["version"] = json!(env!("CARGO_PKG_VERSION"));
    assert_eq!(shown["schemas"]["FibError"], json!({"…": "…"}));
    shown["schemas"]["FibError"] = described["schemas"]["FibError"].clone();
    assert_eq!(shown, described, "{described:#}");
}

/// `tests/documents` runs them.
#[test]
fn the_commands_on_the_page_are_the_tested_ones() {
    let page = file("docs/contract-documents.md");
    let (python, requirements) =
        (file("tests/documents/models.rs"), file("tests/documents/python/requirements.txt"));
    let commands = blocks(&page, "sh");
    let mut shown = options_and_versions(&commands);
    assert!(shown.len() > 5, "{shown:?}");
    shown.retain(|word| !python.contains(&format!("\"{word}\"")) && !requirements.contains(word));
    assert_eq!(shown, [""; 0], "tests/documents does not use them");
    let uses = file("tests/documents/python/right.py");
    let [model] = &blocks(&page, "python")[..] else { panic!("one block shows the models in use") };
    assert!(model.lines().all(|line| uses.contains(line)), "{model}");
    let [script] = &blocks(&page, "javascript")[..] else { panic!("one block writes TypeScript") };
    assert!(file("tests/documents/node/typescript.mjs").ends_with(script), "{script}");
    let package: Value = serde_json::from_str(&file("tests/documents/node/package.json")).unwrap();
    let version = package["dependencies"]["json-schema-to-typescript"].as_str().unwrap();
    assert!(page.contains(&format!("json-schema-to-typescript@{version}")), "{version}");
}

#[test]
fn documents_are_written_and_compared_as_the_page_says() {
    let folder = env::temp_dir().join(format!("amqp-rpc-guide-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    write_documents(&folder).unwrap();
    let unchanged = changes_since(&folder.join("asyncapi.json")).unwrap();
    let written = fs::read_to_string(folder.join("asyncapi.json")).unwrap();
    let without_limit = written.replace(r#""maximum": 90,"#, "");
    assert_ne!(without_limit, written);
    fs::write(folder.join("old.json"), without_limit).unwrap();
    let limited = changes_since(&folder.join("old.json")).unwrap();
    fs::remove_dir_all(&folder).unwrap();

    assert_eq!(unchanged.to_string(), "");
    assert!(limited.breaks_clients() && !limited.breaks_servers(), "{limited}");
    assert_eq!(limited.bump().next("0.3.1").as_deref(), Some("0.4.0"));
    let [finding] = &limited.findings[..] else { panic!("{limited}") };
    let shown = file("docs/contract-documents.md");
    assert!(shown.contains(&finding.path) && shown.contains(&format!("({})\n", finding.rule)), "{limited}");
}

struct Numbers;

impl Fib for Numbers {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        Ok(n)
    }
}

#[tokio::test]
async fn a_page_is_written_and_served_as_the_page_says() {
    let folder = env::temp_dir().join(format!("amqp-rpc-guide-page-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    write_page(&folder).unwrap();
    let written = fs::read_to_string(folder.join("fib.html")).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(written.contains("amqp-rpc call fib.compute") && !written.contains("<form"), "{written}");

    let served = serve_page(Client::in_process(FibServer::new(Numbers))).await.unwrap();
    assert!(served.local_addr().ip().is_loopback(), "{}", served.url());
    served.shutdown().await;
}

#[test]
fn the_aliases_of_a_type_are_in_its_schema() {
    let schema = schemars::schema_for!(Range).to_value();
    assert_eq!(schema["properties"]["start"]["x-aliases"], json!(["first"]));
}
