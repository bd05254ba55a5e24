//! Rejections of name collisions.

use super::Rejection;

macro_rules! shared {
    ($parameter:literal, $other:literal, $name:literal) => {
        concat!(
            "`",
            $parameter,
            "` and `",
            $other,
            "` are both called `",
            $name,
            "` on the wire, so that no request could be read; change `#[serde(..)]` of one of them"
        )
    };
}

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "a method is declared once",
        arguments: "",
        item: "trait Fib {
    async fn compute(&self);
    async fn compute(&self, n: u64);
}",
        errors: &[("`compute` is declared twice", "compute")],
    },
    Rejection {
        claim: "the client's own functions keep their names",
        arguments: "",
        item: "trait Fib {
    async fn new(&self);
    async fn with_options(&self);
}",
        errors: &[
            (
                r#"`new` is taken by the generated client; rename the method and keep its name on the wire by `#[rpc(name = "new")]`"#,
                "new",
            ),
            (
                r#"`with_options` is taken by the generated client; rename the method and keep its name on the wire by `#[rpc(name = "with_options")]`"#,
                "with_options",
            ),
        ],
    },
    Rejection {
        claim: "the methods of every type keep their names",
        arguments: "",
        item: "trait Fib {
    async fn into(&self);
    async fn r#try_into(&self, n: u64);
    async fn clone(&self);
}",
        errors: &[
            (
                r#"every type has a method `into`, which would be called in place of the client's; rename the method and keep its name on the wire by `#[rpc(name = "into")]`"#,
                "into",
            ),
            (
                r#"every type has a method `try_into`, which would be called in place of the client's; rename the method and keep its name on the wire by `#[rpc(name = "try_into")]`"#,
                "r#try_into",
            ),
        ],
    },
    Rejection {
        claim: "a parameter has its names on the wire for itself",
        arguments: "",
        item: r#"trait Fib {
    async fn renamed(&self, a: u8, #[serde(rename = "a")] b: u8);
    async fn written(&self, a: u8, #[serde(rename(serialize = "a"))] b: u8);
    async fn read(&self, #[serde(default, rename(deserialize = "b"))] a: u8, b: u8);
    async fn alias(&self, #[serde(alias = "c", alias = "b")] a: u8, b: u8);
    async fn aliases(&self, #[serde(alias = "c")] a: u8, #[serde(with = "x", alias = "c")] b: u8);
    async fn fine(
        &self,
        #[serde(rename = "b")] a: u8,
        #[serde(rename = "a", alias = "c")] b: u8,
        #[serde(skip_serializing, rename(deserialize = "e"))] c: u8,
        #[serde(flatten)] d: u8,
        #[serde(skip, default = "e")] e: u8,
        #[serde(alias = "f")] f: u8,
    );
}"#,
        errors: &[
            (shared!("b", "a", "a"), "b"),
            (shared!("b", "a", "a"), "b"),
            (shared!("b", "a", "b"), "b"),
            (shared!("b", "a", "b"), "b"),
            (shared!("b", "a", "c"), "b"),
        ],
    },
    Rejection {
        claim: "a wire name belongs to one method",
        arguments: "",
        item: r#"trait Fib {
    async fn compute(&self);
    #[rpc(name = "compute")] async fn again(&self);
}"#,
        errors: &[(
            r#"`fib.compute` is the name of `compute` on the wire already; give one of them another by `#[rpc(name = "..")]`"#,
            "again",
        )],
    },
    Rejection {
        claim: "a routing key belongs to one method",
        arguments: "",
        item: r#"trait Fib {
    #[rpc(routing_key = "sums")] async fn a(&self);
    #[rpc(routing_key = "sums")] async fn b(&self);
}"#,
        errors: &[(
            r#"requests with the routing key `sums` go to `a` already; give one of them another by `#[rpc(routing_key = "..")]`"#,
            "b",
        )],
    },
    Rejection {
        claim: "a method's routing key is not another's default",
        arguments: "",
        item: r#"trait Fib {
    async fn a(&self);
    #[rpc(routing_key = "fib.a")] async fn b(&self);
}"#,
        errors: &[(
            r#"requests with the routing key `fib.a` go to `a` already; give one of them another by `#[rpc(routing_key = "..")]`"#,
            "b",
        )],
    },
];
