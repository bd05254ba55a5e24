//! Rejections of what is for descriptions only.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "the context is not described",
        arguments: "schema",
        item: r#"trait Fib { async fn compute(&self, #[rpc(context)] #[schemars(skip)] cx: &Context); }"#,
        errors: &[(
            "`cx` receives the context, which is not sent; remove `#[schemars(..)]`",
            "#[schemars(skip)]",
        )],
    },
    Rejection {
        claim: "parameters are described only in a trait that is",
        arguments: "",
        item: r#"trait Fib {
    async fn compute(&self, #[schemars(with = "String")] n: u64, #[schemars(range(max = 90))] m: u64);
}"#,
        errors: &[
            (
                "`#[schemars(..)]` says how a parameter is described, and `Fib` is not described; add `schema` to its `#[rpc_service(..)]`, or remove this",
                r#"#[schemars(with = "String")]"#,
            ),
            (
                "`#[schemars(..)]` says how a parameter is described, and `Fib` is not described; add `schema` to its `#[rpc_service(..)]`, or remove this",
                "#[schemars(range(max = 90))]",
            ),
        ],
    },
    Rejection {
        claim: "an example is shown only of a trait that is described",
        arguments: "",
        item: r#"trait Fib { #[rpc(example = { "n": 30 })] async fn compute(&self, n: u64); }"#,
        errors: &[(
            "`example` shows how a request is described, and `Fib` is not described; add `schema` to its `#[rpc_service(..)]`, or remove this",
            r#"{ "n": 30 }"#,
        )],
    },
    Rejection {
        claim: "an example is JSON",
        arguments: "schema",
        item: r#"trait Fib {
    #[rpc(example = { n: 30 })] async fn a(&self, n: u64);
    #[rpc(example = 30u64, bare)] async fn b(&self, n: u64);
    #[rpc(example)] async fn c(&self, n: u64);
}"#,
        errors: &[
            (r#"`example` takes JSON, such as `example = { "n": 30 }`"#, "{ n: 30 }"),
            (r#"`example` takes JSON, such as `example = { "n": 30 }`"#, "30u64"),
            (r#"`example` takes JSON, such as `example = { "n": 30 }`"#, "example"),
        ],
    },
    Rejection {
        claim: "an example can be read",
        arguments: "schema",
        item: r#"trait Fib {
    #[rpc(example = { "n": [-1e400] })] async fn a(&self, n: Vec<f64>);
    #[rpc(example = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]], bare)] async fn b(&self, n: Deep);
}"#,
        errors: &[
            (
                "`example` has the number `1e400`, and no parser that reads 64-bit floats knows one above 1.79e308; write a smaller one",
                r#"{ "n": [-1e400] }"#,
            ),
            (
                "`example` has more than 100 lists and objects in each other, too many for documents that contain it; show less of the value",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
            ),
        ],
    },
    Rejection {
        claim: "bytes have no example",
        arguments: "schema",
        item: r#"trait Fib { #[rpc(bare, example = "text")] async fn put(&self, body: Bytes); }"#,
        errors: &[("the body of `put` is bytes, which JSON cannot show; remove `example`", r#""text""#)],
    },
    Rejection {
        claim: "`schema` takes no value",
        arguments: "schema = true",
        item: "trait Fib { async fn compute(&self); }",
        errors: &[("`schema` takes no value; write just `schema`", "true")],
    },
    Rejection {
        claim: "a trait that is described says how its parameters are",
        arguments: "schema",
        item: r#"trait Fib { async fn compute(&self, #[schemars(with = "String")] n: u64); }"#,
        errors: &[],
    },
];
