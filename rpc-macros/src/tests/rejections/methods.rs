//! Rejections of the shape of methods.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "self is not moved",
        arguments: "",
        item: "trait Fib { async fn compute(self); }",
        errors: &[(
            "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
            "self",
        )],
    },
    Rejection {
        claim: "self is not mutable",
        arguments: "",
        item: "trait Fib { async fn compute(&mut self); }",
        errors: &[(
            "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
            "&mut self",
        )],
    },
    Rejection {
        claim: "self is not shared by the method's type",
        arguments: "",
        item: "trait Fib { async fn compute(self: Arc<Self>); }",
        errors: &[(
            "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
            "self: Arc<Self>",
        )],
    },
    Rejection {
        claim: "self is there",
        arguments: "",
        item: "trait Fib { async fn compute(n: u64); }",
        errors: &[(
            "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
            "compute",
        )],
    },
    Rejection {
        claim: "self has no lifetime",
        arguments: "",
        item: "trait Fib { async fn compute(&'static self); }",
        errors: &[(
            "`compute` must take `&self` without a lifetime: nothing borrowed outlives a call",
            "&'static self",
        )],
    },
    Rejection {
        claim: "self takes no keys",
        arguments: "",
        item: "trait Fib { async fn compute(#[rpc(context)] &self); }",
        errors: &[("`self` is not sent and takes no keys; put them above `compute`", "#[rpc(context)]")],
    },
    Rejection {
        claim: "a method has no type parameters",
        arguments: "",
        item: "trait Fib { async fn compute<T>(&self, n: T); }",
        errors: &[(
            "`compute` must not be generic: the server must know the types of its parameters to decode them",
            "<T>",
        )],
    },
    Rejection {
        claim: "a method has no lifetimes",
        arguments: "",
        item: "trait Fib { async fn compute<'a>(&'a self); }",
        errors: &[(
            "`compute` must not be generic: the server must know the types of its parameters to decode them",
            "<'a>",
        )],
    },
    Rejection {
        claim: "a method has no where clause",
        arguments: "",
        item: "trait Fib { async fn compute(&self) where Self: Clone; }",
        errors: &[("`compute` must not have a `where` clause", "where Self: Clone")],
    },
    Rejection {
        claim: "a method has no body",
        arguments: "",
        item: "trait Fib { async fn compute(&self) -> u64 { 1 } }",
        errors: &[("`compute` must not have a body; every implementation writes its own", "{ 1 }")],
    },
    Rejection {
        claim: "a method is not const",
        arguments: "",
        item: "trait Fib { const fn compute(&self); }",
        errors: &[
            ("`compute` must be a plain method; remove `const`", "const"),
            ("`compute` must be an `async fn`; if it blocks its thread, mark it `#[rpc(blocking)]`", "fn"),
        ],
    },
    Rejection {
        claim: "a method is not unsafe",
        arguments: "",
        item: "trait Fib { async unsafe fn compute(&self); }",
        errors: &[("`compute` must be a plain method; remove `unsafe`", "unsafe")],
    },
    Rejection {
        claim: "a method is not extern",
        arguments: "",
        item: r#"trait Fib { async extern "C" fn compute(&self); }"#,
        errors: &[("`compute` must be a plain method; remove `extern`", r#"extern "C""#)],
    },
    Rejection {
        claim: "a method is not variadic",
        arguments: "",
        item: "trait Fib { async fn compute(&self, n: u64, ...); }",
        errors: &[("`compute` must have a fixed list of parameters", "...")],
    },
    Rejection {
        claim: "a method is async",
        arguments: "",
        item: "trait Fib { fn compute(&self) -> u64; }",
        errors: &[(
            "`compute` must be an `async fn`; if it blocks its thread, mark it `#[rpc(blocking)]`",
            "fn",
        )],
    },
    Rejection {
        claim: "a blocking method is not async",
        arguments: "",
        item: "trait Fib { #[rpc(blocking)] async fn compute(&self) -> u64; }",
        errors: &[(
            "`compute` is `blocking` and must be a plain `fn`; remove `async` or `blocking`",
            "blocking",
        )],
    },
    Rejection {
        claim: "a bare method has a parameter",
        arguments: "",
        item: "trait Fib { #[rpc(bare)] async fn compute(&self); }",
        errors: &[("`compute` is `bare`, so its body is one parameter without a name; it has none", "bare")],
    },
    Rejection {
        claim: "a bare method has a single parameter",
        arguments: "",
        item: "trait Fib { #[rpc(bare)] async fn compute(&self, a: u64, b: u64, #[rpc(context)] cx: &Context); }",
        errors: &[("`compute` is `bare`, so its body is one parameter without a name; it has 2", "bare")],
    },
    Rejection {
        claim: "a one-way message has no caller that is late",
        arguments: "",
        item: "trait Fib { #[rpc(notify, cancel_when_late)] async fn warm_up(&self, n: u64); #[rpc(event, cancel_when_late)] async fn cooled(&self); }",
        errors: &[
            (
                "`warm_up` is a one-way message, and no caller stops waiting for it; remove `cancel_when_late`",
                "cancel_when_late",
            ),
            (
                "`cooled` is a one-way message, and no caller stops waiting for it; remove `cancel_when_late`",
                "cancel_when_late",
            ),
        ],
    },
    Rejection {
        claim: "a method that blocks its thread cannot be cancelled",
        arguments: "",
        item: "trait Fib { #[rpc(blocking, cancel_when_late)] fn compute(&self, n: u64) -> u64; }",
        errors: &[(
            "`compute` is `blocking` and cannot be cancelled once it runs; remove `cancel_when_late`, or make it an `async fn`",
            "cancel_when_late",
        )],
    },
    Rejection {
        claim: "several mistakes of a method are reported at once",
        arguments: "",
        item: r#"trait Fib { #[rpc(bare, nmae = "x", timeout = "soon")] fn compute<T>(&mut self, a: &str, (b, c): (T, T)) -> &str; }"#,
        errors: &[
            (
                "unknown key `nmae`; `#[rpc(..)]` on a method knows `name`, `routing_key`, `queue`, `request`, `timeout`, `cancel_when_late`, `idempotent`, `at_most_once`, `deduplicate`, `notify`, `event`, `bare`, `blocking`, `validate_result`, `example`, `lock`, `lock_scope` and `lock_name`",
                "nmae",
            ),
            (
                "`soon` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
                r#""soon""#,
            ),
            (
                "`compute` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
                "&mut self",
            ),
            (
                "`compute` must not be generic: the server must know the types of its parameters to decode them",
                "<T>",
            ),
            ("`compute` must be an `async fn`; if it blocks its thread, mark it `#[rpc(blocking)]`", "fn"),
            ("`a` is borrowed, but it comes from another process; use `String`", "&str"),
            ("a parameter of `compute` needs a plain name: it is the name of a field on the wire", "(b, c)"),
            (
                "`compute` returns something borrowed, but it goes to another process; return an owned value",
                "&str",
            ),
        ],
    },
    Rejection {
        claim: "mistakes of all methods are reported at once",
        arguments: "",
        item: "trait Fib {
    async fn a(&mut self);
    async fn b(&self);
    async fn c(self);
}",
        errors: &[
            (
                "`a` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
                "&mut self",
            ),
            (
                "`c` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
                "self",
            ),
        ],
    },
    Rejection {
        claim: "a method is a notification or an event",
        arguments: "",
        item: "trait Fib { #[rpc(notify, event)] async fn computed(&self, n: u64); }",
        errors: &[(
            "`computed` cannot be both `notify` and `event`: one server takes a notification, all subscribers receive an event",
            "event",
        )],
    },
];
