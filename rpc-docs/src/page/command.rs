//! The command that sends a request.

use amqp_rpc_contract::description::{MethodDescription, MethodKind};
use serde_json::Value;

use super::{json, limits, text::is_misleading};

/// The command for a shell of POSIX, such as `amqp-rpc call fib.compute '{"n": 30}'`. `None` for a method whose name
/// cannot be typed.
pub(super) fn of(method: &MethodDescription, body: Option<&Value>) -> Option<String> {
    let name = &method.full_name;
    if name.is_empty()
        || name.starts_with('-')
        || name.len() > limits::NAME
        || name.chars().any(|character| character.is_control() || is_misleading(character))
    {
        return None;
    }
    let verb = match method.kind {
        MethodKind::Notify => "notify",
        MethodKind::Event => "publish",
        _ => "call",
    };
    let body = match body {
        _ if method.raw_request => "--raw @body.bin".to_owned(),
        None => String::new(),
        Some(body) => match json::one_line(body, limits::COMMAND) {
            Some(text) if !text.contains(is_misleading) => quoted(&text),
            _ => "@body.json".to_owned(),
        },
    };
    Some(format!("amqp-rpc {verb} {} {body}", quoted(name)).trim_end().to_owned())
}

/// A word of the shell.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-/:@".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn method(name: &str) -> MethodDescription {
        let method =
            json!({ "name": "a", "full_name": name, "kind": "call", "exchange": "", "routing_key": "a" });
        serde_json::from_value(method).unwrap()
    }

    #[test]
    fn a_command_has_the_body_as_one_word() {
        let command = |body: Value| of(&method("fib.compute"), Some(&body)).unwrap();
        assert_eq!(command(json!({ "n": 10 })), r#"amqp-rpc call fib.compute '{"n": 10}'"#);
        assert_eq!(command(json!("it's")), r#"amqp-rpc call fib.compute '"it'\''s"'"#);
        assert_eq!(command(json!(30)), "amqp-rpc call fib.compute 30");
        assert_eq!(command(json!("x".repeat(2_000))), "amqp-rpc call fib.compute @body.json");
    }

    #[test]
    fn each_kind_has_its_verb() {
        let mut event = method("prices.changed");
        event.kind = MethodKind::Event;
        assert_eq!(of(&event, Some(&json!({}))).unwrap(), "amqp-rpc publish prices.changed '{}'");
        event.kind = MethodKind::Notify;
        event.raw_request = true;
        assert_eq!(of(&event, None).unwrap(), "amqp-rpc notify prices.changed --raw @body.bin");
    }

    #[test]
    fn a_name_is_never_code_of_the_shell() {
        assert_eq!(of(&method("a;rm -rf ~"), None).unwrap(), "amqp-rpc call 'a;rm -rf ~'");
        assert_eq!(of(&method("$(id)'`id`"), None).unwrap(), r"amqp-rpc call '$(id)'\''`id`'");
        assert_eq!(of(&method("a\nid"), None), None);
        assert_eq!(of(&method("--help"), None), None);
    }
}
