//! Rejections of parameters.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "a parameter is no pattern",
        arguments: "",
        item: "trait Fib { async fn compute(&self, (a, b): (u64, u64)); }",
        errors: &[(
            "a parameter of `compute` needs a plain name: it is the name of a field on the wire",
            "(a, b)",
        )],
    },
    Rejection {
        claim: "a parameter has a name",
        arguments: "",
        item: "trait Fib { async fn compute(&self, _: u64); }",
        errors: &[(
            "a parameter of `compute` needs a plain name: it is the name of a field on the wire",
            "_",
        )],
    },
    Rejection {
        claim: "a parameter is not mutable",
        arguments: "",
        item: "trait Fib { async fn compute(&self, mut n: u64); }",
        errors: &[(
            "a parameter of `compute` needs a plain name: it is the name of a field on the wire",
            "mut n",
        )],
    },
    Rejection {
        claim: "a string is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: &str); }",
        errors: &[("`n` is borrowed, but it comes from another process; use `String`", "&str")],
    },
    Rejection {
        claim: "a slice is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: &[u8]); }",
        errors: &[("`n` is borrowed, but it comes from another process; use a `Vec`", "&[u8]")],
    },
    Rejection {
        claim: "a path is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: &std::path::Path); }",
        errors: &[("`n` is borrowed, but it comes from another process; use `PathBuf`", "&std::path::Path")],
    },
    Rejection {
        claim: "any parameter is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: &mut u64); }",
        errors: &[(
            "`n` is borrowed, but it comes from another process; use the type without `&`",
            "&mut u64",
        )],
    },
    Rejection {
        claim: "what is inside a parameter is owned",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: Vec<(u8, &'static str)>); }",
        errors: &[(
            "`n` is borrowed, but it comes from another process; use an owned type",
            "Vec<(u8, &'static str)>",
        )],
    },
    Rejection {
        claim: "a parameter has no lifetimes",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: Cow<'_, str>); }",
        errors: &[("`n` is borrowed, but it comes from another process; use an owned type", "Cow<'_, str>")],
    },
    Rejection {
        claim: "raw bytes are the whole body",
        arguments: "",
        item: "trait Fib { async fn compute(&self, data: amqp_rpc::Bytes); }",
        errors: &[(
            "`data` is raw bytes, which take the whole body; make it the only parameter of a `#[rpc(bare)]` method, or a `Vec<u8>`",
            "amqp_rpc::Bytes",
        )],
    },
    Rejection {
        claim: "the context is marked",
        arguments: "",
        item: "trait Fib { async fn compute(&self, cx: &amqp_rpc::Context); }",
        errors: &[(
            "`cx` is borrowed, but it comes from another process; to receive the call's context mark it `#[rpc(context)]`",
            "&amqp_rpc::Context",
        )],
    },
    Rejection {
        claim: "a parameter has a concrete type",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: impl Into<u64>); }",
        errors: &[("`n` needs one concrete type: the server must know what to decode", "impl Into<u64>")],
    },
    Rejection {
        claim: "a parameter does not mention Self",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: Vec<Self>); }",
        errors: &[(
            "the type of `n` must not mention `Self`: the caller does not know the implementing type",
            "Vec<Self>",
        )],
    },
    Rejection {
        claim: "a parameter has no cfg",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[cfg(unix)] n: u64); }",
        errors: &[(
            "`n` must not depend on `#[cfg]`: client and server would disagree on the request; put `#[cfg]` on the method",
            "#[cfg(unix)]",
        )],
    },
    Rejection {
        claim: "a parameter has no cfg_attr",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[cfg_attr(unix, serde(default))] n: u64); }",
        errors: &[(
            "`n` must not depend on `#[cfg]`: client and server would disagree on the request; put `#[cfg]` on the method",
            "#[cfg_attr(unix, serde(default))]",
        )],
    },
    Rejection {
        claim: "the context is lent",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(context)] cx: Context); }",
        errors: &[(
            "`cx` receives the context, which is borrowed for the call; write its type as `&Context`",
            "Context",
        )],
    },
    Rejection {
        claim: "the context is lent for reading",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(context)] cx: &mut Context); }",
        errors: &[(
            "`cx` receives the context, which is borrowed for the call; write its type as `&Context`",
            "&mut Context",
        )],
    },
    Rejection {
        claim: "there is one context",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(context)] a: &Context, #[rpc(context)] b: &Context); }",
        errors: &[("`compute` already receives the context", "b: &Context")],
    },
    Rejection {
        claim: "the context is not sent",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(context)] #[serde(default)] cx: &Context); }",
        errors: &[(
            "`cx` receives the context, which is not sent; remove `#[serde(..)]`",
            "#[serde(default)]",
        )],
    },
    Rejection {
        claim: "a parameter knows one key",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(secret)] n: u64); }",
        errors: &[("unknown key `secret`; `#[rpc(..)]` on a parameter knows `context`", "secret")],
    },
    Rejection {
        claim: "the context has no rules",
        arguments: "",
        item: "trait Fib { async fn compute(&self, #[rpc(context)] #[garde(skip)] cx: &Context); }",
        errors: &[("`cx` receives the context, which is not sent; remove `#[garde(..)]`", "#[garde(skip)]")],
    },
];
