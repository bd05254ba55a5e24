//! Rejections of the grammar of attributes.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "keys are separated by commas",
        arguments: r#"name "fib" queue "sums""#,
        item: "trait Fib {}",
        errors: &[(
            r#"`#[rpc_service(..)]` takes keys separated by commas, such as `#[rpc_service(name = "fib", queue = "sums")]`"#,
            r#"name "fib" queue "sums""#,
        )],
    },
    Rejection {
        claim: "keys of methods are keys",
        arguments: "",
        item: r#"trait Fib { #[rpc("compute")] async fn compute(&self); }"#,
        errors: &[(
            r#"`#[rpc(..)]` on a method takes keys separated by commas, such as `#[rpc(idempotent, timeout = "5s")]`"#,
            r#""compute""#,
        )],
    },
    Rejection {
        claim: "attributes have parentheses",
        arguments: "",
        item: r#"trait Fib { #[rpc = "compute"] async fn compute(&self); }"#,
        errors: &[(
            r#"`#[rpc(..)]` on a method takes keys separated by commas, such as `#[rpc(idempotent, timeout = "5s")]`"#,
            r#"#[rpc = "compute"]"#,
        )],
    },
    Rejection {
        claim: "unknown keys of a trait are answered with the known ones",
        arguments: r#"nam = "fib""#,
        item: "trait Fib {}",
        errors: &[(
            "unknown key `nam`; `#[rpc_service(..)]` knows `name`, `exchange`, `event_exchange`, `queue`, `lock_partitions`, `schema` and `crate`",
            "nam",
        )],
    },
    Rejection {
        claim: "unknown keys of a method are answered with the known ones",
        arguments: "",
        item: "trait Fib { #[rpc(idempotnt)] async fn compute(&self); }",
        errors: &[(
            "unknown key `idempotnt`; `#[rpc(..)]` on a method knows `name`, `routing_key`, `queue`, `request`, `timeout`, `cancel_when_late`, `idempotent`, `at_most_once`, `deduplicate`, `notify`, `event`, `bare`, `blocking`, `validate_result`, `example`, `lock`, `lock_scope` and `lock_name`",
            "idempotnt",
        )],
    },
    Rejection {
        claim: "a key is given once",
        arguments: r#"name = "a", name = "b""#,
        item: "trait Fib {}",
        errors: &[("`name` is given twice", "name")],
    },
    Rejection {
        claim: "a key is given once in all attributes",
        arguments: "",
        item: "trait Fib { #[rpc(bare)] #[rpc(bare)] async fn compute(&self, n: u64); }",
        errors: &[("`bare` is given twice", "bare")],
    },
    Rejection {
        claim: "a flag has no value",
        arguments: "",
        item: "trait Fib { #[rpc(idempotent = true)] async fn compute(&self); }",
        errors: &[("`idempotent` takes no value; write just `idempotent`", "true")],
    },
    Rejection {
        claim: "a string has quotes",
        arguments: "name = fib",
        item: "trait Fib {}",
        errors: &[(r#"`name` takes a string, such as `name = "fib"`"#, "fib")],
    },
    Rejection {
        claim: "a string has a value",
        arguments: "",
        item: "trait Fib { #[rpc(routing_key)] async fn compute(&self); }",
        errors: &[(r#"`routing_key` takes a string, such as `routing_key = "fib.compute"`"#, "routing_key")],
    },
    Rejection {
        claim: "a string does not end early",
        arguments: "",
        item: "trait Fib { #[rpc(queue = )] async fn compute(&self); }",
        errors: &[(r#"`queue` takes a string, such as `queue = "sums"`"#, "queue")],
    },
    Rejection {
        claim: "the request's name is not quoted",
        arguments: "",
        item: r#"trait Fib { #[rpc(request = "Compute")] async fn compute(&self); }"#,
        errors: &[(
            "`request` takes the name of a type that does not exist yet, such as `request = ComputeRequest`",
            r#""Compute""#,
        )],
    },
    Rejection {
        claim: "the crate is a path",
        arguments: "crate = 1",
        item: "trait Fib {}",
        errors: &[("`crate` takes a path, such as `crate = ::amqp_rpc`", "1")],
    },
    Rejection {
        claim: "the crate is a path in quotes",
        arguments: r#"crate = "not a path""#,
        item: "trait Fib {}",
        errors: &[("`crate` takes a path, such as `crate = ::amqp_rpc`", r#""not a path""#)],
    },
    Rejection {
        claim: "a timeout has a unit",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "5")] async fn compute(&self); }"#,
        errors: &[(
            "`5` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""5""#,
        )],
    },
    Rejection {
        claim: "a timeout has a known unit",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "5 days")] async fn compute(&self); }"#,
        errors: &[(
            "`5 days` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""5 days""#,
        )],
    },
    Rejection {
        claim: "a timeout is a whole number",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "1.5s")] async fn compute(&self); }"#,
        errors: &[(
            "`1.5s` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""1.5s""#,
        )],
    },
    Rejection {
        claim: "a timeout has a number",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "s")] async fn compute(&self); }"#,
        errors: &[(
            "`s` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""s""#,
        )],
    },
    Rejection {
        claim: "a timeout is above zero",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "0ms")] async fn compute(&self); }"#,
        errors: &[(
            "`0ms` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""0ms""#,
        )],
    },
    Rejection {
        claim: "a timeout is finite",
        arguments: "",
        item: r#"trait Fib { #[rpc(timeout = "18446744073709551615h")] async fn compute(&self); }"#,
        errors: &[(
            "`18446744073709551615h` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
            r#""18446744073709551615h""#,
        )],
    },
    Rejection {
        claim: "a timeout is a string",
        arguments: "",
        item: "trait Fib { #[rpc(timeout = 5)] async fn compute(&self); }",
        errors: &[(r#"`timeout` takes a string, such as `timeout = "5s"`"#, "5")],
    },
    Rejection {
        claim: "a method is idempotent or runs at most once",
        arguments: "",
        item: "trait Fib { #[rpc(idempotent, at_most_once)] async fn compute(&self); }",
        errors: &[(
            "`compute` cannot be both `idempotent` and `at_most_once`: the first allows to run it twice, the second forbids it",
            "at_most_once",
        )],
    },
    Rejection {
        claim: "a deduplicated method has no other rule for repeats",
        arguments: "",
        item: r#"trait Fib {
    #[rpc(idempotent, deduplicate)] async fn a(&self);
    #[rpc(deduplicate, at_most_once)] async fn b(&self);
}"#,
        errors: &[
            (
                "`a` cannot be both `deduplicate` and `idempotent`: a repeat of a deduplicated call is answered with its stored reply, and the method is neither run again nor refused; keep one of them",
                "deduplicate",
            ),
            (
                "`b` cannot be both `deduplicate` and `at_most_once`: a repeat of a deduplicated call is answered with its stored reply, and the method is neither run again nor refused; keep one of them",
                "deduplicate",
            ),
        ],
    },
    Rejection {
        claim: "an event is not deduplicated",
        arguments: "",
        item: "trait Fib { #[rpc(event, deduplicate)] async fn computed(&self); }",
        errors: &[(
            "`computed` is an `event`, which each group handles by itself; remove `deduplicate`, and have its handlers recognise a repeat by `Context::idempotency_key`",
            "deduplicate",
        )],
    },
    Rejection {
        claim: "keys are not hidden behind a condition",
        arguments: "",
        item: r#"trait Fib {
    #[cfg_attr(feature = "rpc", doc = "rpc")] async fn fine(&self);
    #[cfg_attr(unix, rpc(idempotent))] async fn compute(&self);
}"#,
        errors: &[(
            "`#[cfg_attr]` cannot carry the keys of `compute`: they are read before it is resolved",
            "#[cfg_attr(unix, rpc(idempotent))]",
        )],
    },
];
