//! The body of a fault.

use serde_json::{Value, json};

/// The name of its definition, also as a class or an interface that is generated from it.
pub(crate) const FAULT: &str = "RpcFault";

/// The codes that our server answers with, as docs/wire-protocol.md lists them. A reader accepts others.
const CODES: [(&str, &str); 16] = [
    ("bad_request", "Never"),
    ("unknown_method", "Never"),
    ("unsupported_media_type", "Never"),
    ("request_too_large", "Never"),
    ("expired", "Never"),
    ("overloaded", "Never"),
    ("unauthorized", "Never"),
    ("shutting_down", "Never"),
    ("deadline_exceeded", "Unknown"),
    ("panicked", "Unknown"),
    ("maybe_executed", "Unknown"),
    ("in_progress", "Unknown"),
    ("internal", "Unknown"),
    ("reply_too_large", "Completed"),
    ("unencodable_reply", "Completed"),
    ("invalid_result", "Completed"),
];

/// The schema of the body of a fault.
pub(crate) fn fault() -> Value {
    let with = |execution| {
        let codes = CODES.iter().filter(|(_, of_code)| *of_code == execution);
        codes.map(|(code, _)| format!("`{code}`")).collect::<Vec<_>>().join(", ")
    };
    let code = format!(
        "For programs. The method never ran: {}. It may have run: {}, and every code that the reader does not know. \
         It ran: {}.",
        with("Never"),
        with("Unknown"),
        with("Completed"),
    );
    json!({
        "title": FAULT,
        "description": "There is neither a result nor an error of the method.",
        "type": "object",
        "properties": {
            "code": { "type": "string", "description": code, "examples": CODES.map(|(code, _)| code) },
            "message": { "type": "string", "description": "For people. A reader accepts a fault without it." },
            "field": { "type": "string", "description": "The invalid part of the request, such as `user.zip`." },
            "errors": {
                "type": "array",
                "description": "The values that break rules of the contract, at most a hundred.",
                "items": {
                    "title": "RpcViolation",
                    "type": "object",
                    "properties": {
                        "field": { "type": "string", "description": "The path of the value." },
                        "message": { "type": "string", "description": "The rule that it breaks." },
                    },
                    "required": ["field", "message"],
                },
            },
        },
        "required": ["code"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the page is what other programs are written by.
    #[test]
    fn the_codes_are_those_of_the_wire_protocol() {
        let page = include_str!("../../../docs/wire-protocol.md");
        let (_, table) =
            page.split_once("| code | execution | passing | meaning |\n|---|---|---|---|\n").unwrap();
        let documented: Vec<(String, String)> = table
            .lines()
            .map_while(|line| line.strip_prefix("| `"))
            .map(|row| {
                let mut cells = row.split(" | ");
                let code = cells.next().unwrap().trim_end_matches('`');
                (code.to_owned(), cells.next().unwrap().to_owned())
            })
            .collect();
        let ours = CODES.map(|(code, execution)| (code.to_owned(), execution.to_owned()));
        assert_eq!(documented, ours);
    }

    #[test]
    fn a_fault_of_the_wire_protocol_has_no_member_that_the_schema_does_not_name() {
        let schema = fault();
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["code", "errors", "field", "message"]);
    }
}
