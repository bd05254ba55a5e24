//! Rejections of locks.

use super::Rejection;

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "a lock names a parameter or a field of one, or nothing",
        arguments: "lock_partitions = 256",
        item: r#"trait Clusters {
    #[rpc(lock = "id")] async fn a(&self, id: u64);
    #[rpc(lock = "r#type")] async fn b(&self, r#type: u64);
    #[rpc(lock = "type")] async fn c(&self, r#type: u64);
    #[rpc(lock = "pair.0.type", lock_scope = "cluster")] async fn d(&self, pair: Pair);
    #[rpc(lock, lock_scope = "process", lock_name = "everything")] async fn e(&self);
    #[rpc(lock = "id", lock_scope = "process", event)] async fn f(&self, id: u64);
}"#,
        errors: &[],
    },
    Rejection {
        claim: "a lock is a string",
        arguments: "",
        item: "trait Clusters { #[rpc(lock = id)] async fn start(&self, id: u64); }",
        errors: &[(r#"`lock` takes a string, such as `lock = "cluster_id"`"#, "id")],
    },
    Rejection {
        claim: "a lock has a value after its equals sign",
        arguments: "",
        item: "trait Clusters { #[rpc(lock = )] async fn start(&self, id: u64); }",
        errors: &[(r#"`lock` takes a string, such as `lock = "cluster_id"`"#, "lock")],
    },
    Rejection {
        claim: "a lock is not empty",
        arguments: "",
        item: r#"trait Clusters { #[rpc(lock = "")] async fn start(&self, id: u64); }"#,
        errors: &[("`lock` must not be empty", r#""""#)],
    },
    Rejection {
        claim: "a lock is a path of names",
        arguments: "",
        item: r#"trait Clusters {
    #[rpc(lock = "id..x")] async fn a(&self, id: u64);
    #[rpc(lock = "id.get()")] async fn b(&self, id: u64);
    #[rpc(lock = "0")] async fn c(&self, id: u64);
    #[rpc(lock = "self")] async fn d(&self, id: u64);
}"#,
        errors: &[
            (
                r#"`lock` takes the name of a parameter, or of a field of one, such as `lock = "cluster.id"`, not `id..x`"#,
                r#""id..x""#,
            ),
            (
                r#"`lock` takes the name of a parameter, or of a field of one, such as `lock = "cluster.id"`, not `id.get()`"#,
                r#""id.get()""#,
            ),
            (
                r#"`lock` takes the name of a parameter, or of a field of one, such as `lock = "cluster.id"`, not `0`"#,
                r#""0""#,
            ),
            (
                r#"`lock` takes the name of a parameter, or of a field of one, such as `lock = "cluster.id"`, not `self`"#,
                r#""self""#,
            ),
        ],
    },
    Rejection {
        claim: "the parameter of a lock exists",
        arguments: "",
        item: r#"trait Clusters {
    #[rpc(lock = "idd")] async fn start(&self, id: u64, name: String);
    #[rpc(lock = "id.x")] async fn stop(&self);
}"#,
        errors: &[
            (
                "`idd` is none of the method's parameters, which are: `id`, `name`; write `lock` without a value to lock the whole method",
                r#""idd""#,
            ),
            (
                "`id` is none of the method's parameters, which are: none; write `lock` without a value to lock the whole method",
                r#""id.x""#,
            ),
        ],
    },
    Rejection {
        claim: "the context is not sent, and no lock",
        arguments: "",
        item: r#"trait Clusters { #[rpc(lock = "cx.user")] async fn start(&self, #[rpc(context)] cx: &Context); }"#,
        errors: &[(
            "`cx` receives the context, which is not sent; name a parameter that is sent",
            r#""cx.user""#,
        )],
    },
    Rejection {
        claim: "a lock is in a process or in a cluster",
        arguments: "",
        item: r#"trait Clusters { #[rpc(lock, lock_scope = "host")] async fn start(&self); }"#,
        errors: &[("`lock_scope` is `process` or `cluster`, not `host`", r#""host""#)],
    },
    Rejection {
        claim: "an event is not locked in a cluster",
        arguments: "",
        item: r#"trait Clusters { #[rpc(event, lock, lock_scope = "cluster")] async fn started(&self); }"#,
        errors: &[(
            "`started` is an `event`: each subscription receives it through its own queue, so it cannot be locked in a cluster; remove `lock_scope`",
            r#""cluster""#,
        )],
    },
    Rejection {
        claim: "scope and name belong to a lock",
        arguments: "",
        item: r#"trait Clusters { #[rpc(lock_scope = "process", lock_name = "clusters")] async fn start(&self); }"#,
        errors: &[
            (
                r#"`lock_scope` needs `lock`, and `start` has none; add `lock = "parameter"`, or just `lock`"#,
                r#""process""#,
            ),
            (
                r#"`lock_name` needs `lock`, and `start` has none; add `lock = "parameter"`, or just `lock`"#,
                r#""clusters""#,
            ),
        ],
    },
    Rejection {
        claim: "the name of a lock is not empty",
        arguments: "",
        item: r#"trait Clusters { #[rpc(lock, lock_name = "")] async fn start(&self); }"#,
        errors: &[("`lock_name` must not be empty", r#""""#)],
    },
    Rejection {
        claim: "methods that share a lock share its scope",
        arguments: "",
        item: r#"trait Clusters {
    #[rpc(lock = "id")] async fn start(&self, id: u64);
    #[rpc(lock = "id", lock_scope = "cluster")] async fn stop(&self, id: u64);
    #[rpc(lock = "id", lock_scope = "cluster", lock_name = "other")] async fn move_away(&self, id: u64);
}"#,
        errors: &[(
            "the lock `id` has another `lock_scope` in `start`; methods that share a lock share its scope, so change one, or its `lock_name`",
            "stop",
        )],
    },
    Rejection {
        claim: "methods that share a lock have both a value or both none",
        arguments: "",
        item: r#"trait Clusters {
    #[rpc(lock = "id")] async fn start(&self, id: u64);
    #[rpc(lock, lock_name = "id")] async fn rebuild(&self);
    #[rpc(lock, lock_name = "all")] async fn clear(&self);
    #[rpc(lock, lock_name = "all")] async fn reset(&self);
    #[rpc(lock = "id", lock_name = "all")] async fn stop(&self, id: u64);
}"#,
        errors: &[
            (
                "the lock `id` has a value in `start` and none in `rebuild`, so they would not exclude each other; lock both by a value, or both by none, or give one its own `lock_name`",
                "rebuild",
            ),
            (
                "the lock `all` has a value in `stop` and none in `clear`, so they would not exclude each other; lock both by a value, or both by none, or give one its own `lock_name`",
                "stop",
            ),
        ],
    },
    Rejection {
        claim: "however a name is spelt, it is one lock",
        arguments: "",
        item: r#"trait Clusters {
    #[rpc(lock = "r#type")] async fn start(&self, r#type: u64);
    #[rpc(lock = "type", lock_scope = "cluster")] async fn stop(&self, r#type: u64);
    #[rpc(lock = "pair . r#type")] async fn swap(&self, pair: Pair);
    #[rpc(lock = "pair.type", lock_scope = "cluster")] async fn drop_both(&self, pair: Pair);
}"#,
        errors: &[
            (
                "the lock `type` has another `lock_scope` in `start`; methods that share a lock share its scope, so change one, or its `lock_name`",
                "stop",
            ),
            (
                "the lock `pair.type` has another `lock_scope` in `swap`; methods that share a lock share its scope, so change one, or its `lock_name`",
                "drop_both",
            ),
        ],
    },
    Rejection {
        claim: "the number of partitions is a number",
        arguments: r#"lock_partitions = "16""#,
        item: r#"trait Clusters { #[rpc(lock, lock_scope = "cluster")] async fn start(&self); }"#,
        errors: &[("`lock_partitions` takes a whole number, such as `lock_partitions = 16`", r#""16""#)],
    },
    Rejection {
        claim: "there is at least one partition",
        arguments: "lock_partitions = 0",
        item: r#"trait Clusters { #[rpc(lock, lock_scope = "cluster")] async fn start(&self); }"#,
        errors: &[("`lock_partitions` is a whole number from 1 to 256", "0")],
    },
    Rejection {
        claim: "there are at most 256 partitions",
        arguments: "lock_partitions = 257",
        item: r#"trait Clusters { #[rpc(lock, lock_scope = "cluster")] async fn start(&self); }"#,
        errors: &[("`lock_partitions` is a whole number from 1 to 256", "257")],
    },
    Rejection {
        claim: "only locks in a cluster have partitions",
        arguments: "lock_partitions = 8",
        item: "trait Clusters { #[rpc(lock)] async fn start(&self); }",
        errors: &[(
            r#"`lock_partitions` needs a method with `lock_scope = "cluster"`, and there is none"#,
            "8",
        )],
    },
];
