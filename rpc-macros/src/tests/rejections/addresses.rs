//! Rejections of wire names, exchanges and queues.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "names are not empty",
        arguments: r#"name = "", queue = """#,
        item: r#"trait Fib {
    #[rpc(name = "", routing_key = "", queue = "")] async fn compute(&self);
}"#,
        errors: &[
            ("`name` must not be empty", r#""""#),
            ("`queue` must not be empty", r#""""#),
            ("`name` must not be empty", r#""""#),
            ("`routing_key` must not be empty", r#""""#),
            ("`queue` must not be empty", r#""""#),
        ],
    },
    Rejection {
        claim: "names are short",
        arguments: r#"name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
        item: "trait Fib {}",
        errors: &[(
            "`name` is 256 bytes long; AMQP allows 255",
            r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
        )],
    },
    Rejection {
        claim: "names have no control characters",
        arguments: r#"exchange = "a\0b""#,
        item: r#"trait Fib {
    #[rpc(routing_key = "a\nb")] async fn compute(&self);
}"#,
        errors: &[
            ("`exchange` must not contain control characters", r#""a\0b""#),
            ("`routing_key` must not contain control characters", r#""a\nb""#),
        ],
    },
    Rejection {
        claim: "a method's name has no dot",
        arguments: "",
        item: r#"trait Fib { #[rpc(name = "fib.compute")] async fn compute(&self); }"#,
        errors: &[(
            "`fib.compute` must not contain a dot: the full name is the service's name, a dot, and this",
            r#""fib.compute""#,
        )],
    },
    Rejection {
        claim: "names that every server has are reserved",
        arguments: r#"name = "tools.$fib""#,
        item: r#"trait Fib { #[rpc(name = "$ping")] async fn compute(&self); }"#,
        errors: &[
            (
                "`tools.$fib` must not begin with `$`, and no part of it: these names are reserved for the methods that every server has",
                r#""tools.$fib""#,
            ),
            (
                "`$ping` must not begin with `$`, and no part of it: these names are reserved for the methods that every server has",
                r#""$ping""#,
            ),
        ],
    },
    Rejection {
        claim: "a full name is short",
        arguments: r#"name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
        item: r#"trait Fib {
    async fn compute(&self);
    #[rpc(name = "other")] async fn b(&self);
}"#,
        errors: &[
            (
                "the full name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.compute` is 258 bytes long; AMQP allows 255",
                "compute",
            ),
            (
                "the full name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.other` is 256 bytes long; AMQP allows 255",
                r#""other""#,
            ),
        ],
    },
    Rejection {
        claim: "queues are not the broker's",
        arguments: r#"queue = "amq.sums""#,
        item: r#"trait Fib {
    #[rpc(queue = "amq.more")] async fn compute(&self);
}"#,
        errors: &[
            ("`queue` must not begin with `amq.`: these names are reserved for the broker", r#""amq.sums""#),
            ("`queue` must not begin with `amq.`: these names are reserved for the broker", r#""amq.more""#),
        ],
    },
    Rejection {
        claim: "services are not the broker's",
        arguments: r#"name = "amq.fib""#,
        item: "trait Fib {}",
        errors: &[(
            "`name` must not begin with `amq.`: these names are reserved for the broker",
            r#""amq.fib""#,
        )],
    },
    Rejection {
        claim: "exchanges are not the broker's",
        arguments: r#"exchange = "amq.topic""#,
        item: "trait Fib {}",
        errors: &[(
            "`amq.` names are reserved for the broker; of its exchanges only `amq.direct` routes calls",
            r#""amq.topic""#,
        )],
    },
    Rejection {
        claim: "the default exchange has a queue for each method",
        arguments: r#"exchange = "", queue = "sums""#,
        item: "trait Fib {}",
        errors: &[(
            "on the default exchange a queue is reached by its own name; give each method its `routing_key` instead of a `queue`",
            r#""sums""#,
        )],
    },
    Rejection {
        claim: "on the default exchange the routing key is the queue",
        arguments: r#"exchange = """#,
        item: r#"trait Fib {
    #[rpc(queue = "sums")] async fn a(&self);
    #[rpc(queue = "sums", routing_key = "other")] async fn b(&self);
    #[rpc(queue = "same", routing_key = "same")] async fn c(&self);
}"#,
        errors: &[
            (
                "on the default exchange the routing key is the queue's name; remove `queue` or make it `fib.a`",
                r#""sums""#,
            ),
            (
                "on the default exchange the routing key is the queue's name; remove `queue` or make it `other`",
                r#""sums""#,
            ),
        ],
    },
    Rejection {
        claim: "on the default exchange a routing key is not the broker's",
        arguments: r#"exchange = """#,
        item: r#"trait Fib {
    #[rpc(routing_key = "amq.sums")] async fn compute(&self);
}"#,
        errors: &[(
            "`routing_key` must not begin with `amq.`: these names are reserved for the broker",
            r#""amq.sums""#,
        )],
    },
    Rejection {
        claim: "an event has no queue",
        arguments: "",
        item: "trait Fib { #[rpc(event, queue = \"computed\")] async fn computed(&self, n: u64); }",
        errors: &[(
            "`computed` is an `event`: each subscription has its own queue; remove `queue`",
            "\"computed\"",
        )],
    },
    Rejection {
        claim: "the key of an event is no pattern",
        arguments: "",
        item: "trait Fib { #[rpc(event, routing_key = \"fib.*\")] async fn computed(&self, n: u64); }",
        errors: &[(
            "`fib.*` must be the prefix of an event's routing keys: words separated by dots, none of them empty, `*` or `#`",
            "\"fib.*\"",
        )],
    },
    Rejection {
        claim: "the key of an event has no empty word",
        arguments: "",
        item: "trait Fib { #[rpc(event, routing_key = \"fib.\")] async fn computed(&self, n: u64); }",
        errors: &[(
            "`fib.` must be the prefix of an event's routing keys: words separated by dots, none of them empty, `*` or `#`",
            "\"fib.\"",
        )],
    },
    Rejection {
        claim: "of the broker's exchanges only one is for events",
        arguments: "event_exchange = \"amq.fanout\"",
        item: "trait Fib { #[rpc(event)] async fn computed(&self, n: u64); }",
        errors: &[(
            "`amq.` names are reserved for the broker; of its exchanges only `amq.topic` routes events",
            "\"amq.fanout\"",
        )],
    },
    Rejection {
        claim: "events need an exchange with a name",
        arguments: "event_exchange = \"\"",
        item: "trait Fib { #[rpc(event)] async fn computed(&self, n: u64); }",
        errors: &[("`event_exchange` must not be empty", "\"\"")],
    },
];
