//! Rejections of return types.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "a returned string is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> &'static str; }",
        errors: &[(
            "`compute` returns something borrowed, but it goes to another process; return an owned value",
            "&'static str",
        )],
    },
    Rejection {
        claim: "a returned error is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> Result<u64, &'static str>; }",
        errors: &[(
            "`compute` returns something borrowed, but it goes to another process; return an owned value",
            "Result<u64, &'static str>",
        )],
    },
    Rejection {
        claim: "a returned value has a concrete type",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> impl Iterator<Item = u64>; }",
        errors: &[(
            "`compute` needs one concrete return type: the client must know what to decode",
            "impl Iterator<Item = u64>",
        )],
    },
    Rejection {
        claim: "an error of a call is no `dyn Error`, and one that is only logged may be",
        arguments: "",
        item: "trait Fib {
    async fn compute(&self) -> Result<u64, Box<dyn std::error::Error + Send>>;
    async fn boxed(&self) -> Result<u64, Box<dyn Shape>>;
    #[rpc(notify)] async fn log(&self) -> Result<(), Box<dyn Error>>;
}",
        errors: &[(
            "the error of `compute` goes to another process, which must know its type; return an enum that derives serde's traits, or the text as a `String`",
            "Box<dyn std::error::Error + Send>",
        )],
    },
    Rejection {
        claim: "a returned value does not mention Self",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> Result<Self, u64>; }",
        errors: &[(
            "the return type of `compute` must not mention `Self`: the caller does not know the implementing type",
            "Result<Self, u64>",
        )],
    },
    Rejection {
        claim: "a Result has no lifetime",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> Result<'static, u64>; }",
        errors: &[(
            "`compute` must return `Result<T, E>`, or an alias of it such as `io::Result<T>`",
            "Result<'static, u64>",
        )],
    },
    Rejection {
        claim: "a Result has no third argument",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> Result<u64, u64, u64>; }",
        errors: &[(
            "`compute` must return `Result<T, E>`, or an alias of it such as `io::Result<T>`",
            "Result<u64, u64, u64>",
        )],
    },
    Rejection {
        claim: "a notification returns nothing",
        arguments: "",
        item: "trait Fib { #[rpc(notify)] async fn warm_up(&self, n: u64) -> bool; }",
        errors: &[(
            "`warm_up` is `notify`, a one-way message without a reply; return nothing, or `Result<(), E>` with an error for the server's log",
            "bool",
        )],
    },
    Rejection {
        claim: "an event returns nothing, even when it can fail",
        arguments: "",
        item: "trait Fib { #[rpc(event)] async fn computed(&self, n: u64) -> Result<u64, String>; }",
        errors: &[(
            "`computed` is `event`, a one-way message without a reply; return nothing, or `Result<(), E>` with an error for the server's log",
            "u64",
        )],
    },
    Rejection {
        claim: "a one-way message has no result to validate",
        arguments: "",
        item: "trait Fib { #[rpc(notify, validate_result)] async fn warm_up(&self, n: u64); }",
        errors: &[(
            "`warm_up` is a one-way message and has no result; remove `validate_result`",
            "validate_result",
        )],
    },
];
