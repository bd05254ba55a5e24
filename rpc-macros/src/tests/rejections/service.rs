//! Rejections of the trait itself.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "a struct is no service",
        arguments: "",
        item: "struct Fib;",
        errors: &[("`#[rpc_service]` describes a service by a trait; this is a struct", "Fib")],
    },
    Rejection {
        claim: "an enum is no service",
        arguments: "",
        item: "enum Fib {}",
        errors: &[("`#[rpc_service]` describes a service by a trait; this is an enum", "Fib")],
    },
    Rejection {
        claim: "a function is no service",
        arguments: "",
        item: "fn fib() {}",
        errors: &[("`#[rpc_service]` describes a service by a trait; this is a function", "fib")],
    },
    Rejection {
        claim: "an impl block is no service",
        arguments: "",
        item: "impl Fib for Fibonacci {}",
        errors: &[("`#[rpc_service]` describes a service by a trait; this is an `impl` block", "Fibonacci")],
    },
    Rejection {
        claim: "a module is no service",
        arguments: "",
        item: "mod fib {}",
        errors: &[("`#[rpc_service]` describes a service by a trait; this is a module", "fib")],
    },
    Rejection {
        claim: "a use is no service",
        arguments: "",
        item: "use fib::Fib;",
        errors: &[(
            "`#[rpc_service]` describes a service by a trait; this is something else",
            "use fib::Fib;",
        )],
    },
    Rejection {
        claim: "what is no Rust is said to be that",
        arguments: "",
        item: "trait Fib { async compute(); }",
        errors: &[(
            "`#[rpc_service]` cannot read this trait: expected one of: `fn`, `const`, `type`, identifier, `self`, `super`, `crate`, `::`",
            "async",
        )],
    },
    Rejection {
        claim: "a trait has no type parameters",
        arguments: "",
        item: "trait Fib<T> {}",
        errors: &[(
            "`Fib` must not be generic: client and server are separate programs and must agree on every type",
            "<T>",
        )],
    },
    Rejection {
        claim: "a trait has no lifetimes",
        arguments: "",
        item: "trait Fib<'a> {}",
        errors: &[(
            "`Fib` must not be generic: client and server are separate programs and must agree on every type",
            "<'a>",
        )],
    },
    Rejection {
        claim: "a trait has no where clause",
        arguments: "",
        item: "trait Fib where Self: Clone {}",
        errors: &[(
            "`Fib` must not have a `where` clause; declare what implementations need as supertraits",
            "where Self: Clone",
        )],
    },
    Rejection {
        claim: "a trait is not unsafe",
        arguments: "",
        item: "unsafe trait Fib {}",
        errors: &[("`Fib` must be a plain trait; remove `unsafe`", "unsafe")],
    },
    Rejection {
        claim: "a trait is not auto",
        arguments: "",
        item: "auto trait Fib {}",
        errors: &[("`Fib` must be a plain trait; remove `auto`", "auto")],
    },
    Rejection {
        claim: "supertraits are traits",
        arguments: "",
        item: "trait Fib: Clone + ?Sized + 'static {}",
        errors: &[(
            "a supertrait must be the path of a trait; `Send + Sync + 'static` is added automatically",
            "?Sized",
        )],
    },
    Rejection {
        claim: "a trait has no constants",
        arguments: "",
        item: "trait Fib { const LIMIT: u64; }",
        errors: &[("a service has methods only; move this constant out of the trait", "LIMIT")],
    },
    Rejection {
        claim: "a trait has no associated types",
        arguments: "",
        item: "trait Fib { type Error; }",
        errors: &[("a service has methods only; move this associated type out of the trait", "Error")],
    },
    Rejection {
        claim: "a trait has no macro calls",
        arguments: "",
        item: "trait Fib { methods!(); }",
        errors: &[("a service has methods only; move this macro call out of the trait", "methods")],
    },
    Rejection {
        claim: "a method has no qualifiers",
        arguments: "",
        item: "trait Fib { pub async fn compute(&self); }",
        errors: &[(
            "a service has plain methods only; write this one without `pub` or other qualifiers",
            "pub async fn compute(&self);",
        )],
    },
    Rejection {
        claim: "keys of methods are not for traits",
        arguments: "",
        item: r#"#[rpc(name = "sums")]
trait Fib {}"#,
        errors: &[(
            "the keys of a whole service belong in `#[rpc_service(..)]` above `Fib`",
            r#"#[rpc(name = "sums")]"#,
        )],
    },
    Rejection {
        claim: "a trait becomes a service once",
        arguments: "",
        item: "#[rpc_service]
trait Fib {}",
        errors: &[("`Fib` has `#[rpc_service]` twice; put all keys into one", "#[rpc_service]")],
    },
    Rejection {
        claim: "a method becomes no service",
        arguments: "",
        item: r#"trait Fib { #[rpc_service(name = "sums")] async fn compute(&self); }"#,
        errors: &[(
            "`#[rpc_service]` is for the trait; the keys of `compute` belong in `#[rpc(..)]`",
            r#"#[rpc_service(name = "sums")]"#,
        )],
    },
    Rejection {
        claim: "several mistakes of a trait are reported at once",
        arguments: r#"nmae = "fib", queue = """#,
        item: "unsafe trait Fib<T> {
    const LIMIT: u64;
    async fn compute(&mut self, n: &str);
}",
        errors: &[
            (
                "unknown key `nmae`; `#[rpc_service(..)]` knows `name`, `exchange`, `event_exchange`, `queue`, `lock_partitions`, `schema` and `crate`",
                "nmae",
            ),
            (
                "`Fib` must not be generic: client and server are separate programs and must agree on every type",
                "<T>",
            ),
            ("`Fib` must be a plain trait; remove `unsafe`", "unsafe"),
            ("`queue` must not be empty", r#""""#),
            ("a service has methods only; move this constant out of the trait", "LIMIT"),
            (
                "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
                "&mut self",
            ),
            ("`n` is borrowed, but it comes from another process; use `String`", "&str"),
        ],
    },
];
