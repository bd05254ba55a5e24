//! `-o`, colours, and what a pipe gets.

use serde_json::json;

use crate::support::Home;

const CONTRACT: &str = r#"[{"service": "fib", "version": "1.2.0", "methods": []}]"#;

#[tokio::test]
async fn a_pipe_gets_json_and_o_another_form() {
    let home = Home::create();
    let file = home.write("fib.json", CONTRACT);
    let run = async |form: &[&str]| {
        home.run(&[&["list", "--contract", &file][..], form].concat()).await.succeeded().stdout
    };
    let expected = json!([{"service": "fib", "version": "1.2.0", "methods": 0}]);
    assert_eq!(run(&[]).await, format!("{expected}\n"));
    assert_eq!(run(&["-o", "json"]).await, format!("{expected}\n"));
    assert_eq!(run(&["-o", "pretty"]).await, format!("{expected:#}\n"));
    let table = run(&["-o", "table"]).await;
    let lines: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines, [["SERVICE", "VERSION", "METHODS"], ["fib", "1.2.0", "0"]]);
}

#[tokio::test]
async fn colours_are_for_terminals_and_no_color_forbids_them() {
    let home = Home::create();
    let file = home.write("fib.json", CONTRACT);
    let run = async |variables: &[&str]| {
        let program = home.program(&["list", "--contract", &file, "-o", "table"]);
        let program = variables.iter().fold(program, |program, name| program.env(name, "1"));
        program.run("").await.succeeded().stdout
    };
    assert!(!run(&[]).await.contains('\u{1b}'), "a pipe is no terminal");
    assert!(run(&["CLICOLOR_FORCE"]).await.contains('\u{1b}'), "the test sees colours where there are some");
    assert!(!run(&["CLICOLOR_FORCE", "NO_COLOR"]).await.contains('\u{1b}'));
}

#[tokio::test]
async fn completions_and_manual_pages_are_printed() {
    let home = Home::create();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).await.succeeded().stdout;
        assert!(script.contains("amqp-rpc") && script.contains("AMQP_RPC_COMPLETE"), "{shell}: {script}");
    }
    let page = home.run(&["man"]).await.succeeded().stdout;
    assert!(page.contains(".TH") && page.contains("SUBCOMMANDS"), "{page}");
    let page = home.run(&["man", "docs", "check"]).await.succeeded().stdout;
    assert!(page.contains("old contract"), "{page}");
    home.run(&["man", "nothing"]).await.failed(1, &["no command `nothing`"]);
}

#[tokio::test]
async fn shells_complete_commands_services_and_methods() {
    let home = Home::create();
    let contract = r#"[{"service": "shop", "methods": [{"name": "price", "full_name": "shop.price", "kind": "call",
        "exchange": "amqp-rpc", "routing_key": "shop.price"}]}]"#;
    let file = home.write("shop.json", contract);
    let complete = async |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let program = home.program(&[&["--"][..], words].concat()).env("AMQP_RPC_COMPLETE", "bash");
        let ran = program.env("_CLAP_COMPLETE_INDEX", &index).env("_CLAP_IFS", "\n").run("").await;
        ran.succeeded().stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(complete(&["amqp-rpc", "des"]).await.contains(&"describe".to_owned()));
    assert_eq!(complete(&["amqp-rpc", "--contract", &file, "list", "sh"]).await, ["shop"]);
    assert_eq!(complete(&["amqp-rpc", "--contract", &file, "call", "shop."]).await, ["shop.price"]);
}
