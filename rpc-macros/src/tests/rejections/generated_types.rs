//! Rejections of names that a generated type has.

use super::Rejection;

macro_rules! of_method {
    ($type_name:literal, $method:literal) => {
        concat!(
            "`",
            $type_name,
            "` is the type that is generated from `",
            $method,
            "`, and hides a type of yours that is called the same; give the generated one another name by `#[rpc(request = Name)]`"
        )
    };
}

pub(super) const TABLE: &[Rejection] = &[
    Rejection {
        claim: "an event is not named like a generated type",
        arguments: "",
        item: "trait Fib {
    #[rpc(event)] async fn client(&self);
}",
        errors: &[(
            "the generated type `FibClient` exists already; name the request of `client` by `#[rpc(request = Name)]`",
            "client",
        )],
    },
    Rejection {
        claim: "methods that differ in underscores need names for their types",
        arguments: "",
        item: "trait Fib {
    async fn foo_bar(&self);
    async fn foo__bar(&self);
}",
        errors: &[(
            "the generated type `FibFooBarRequest` exists already; name the request of `foo__bar` by `#[rpc(request = Name)]`",
            "foo__bar",
        )],
    },
    Rejection {
        claim: "a request is not called like another",
        arguments: "",
        item: "trait Fib {
    #[rpc(request = Ask)] async fn a(&self);
    #[rpc(request = Ask)] async fn b(&self);
}",
        errors: &[(
            "the generated type `Ask` exists already; name the request of `b` by `#[rpc(request = Name)]`",
            "Ask",
        )],
    },
    Rejection {
        claim: "a request is not called like another's response",
        arguments: "",
        item: "trait Fib {
    #[rpc(request = Ask)] async fn a(&self);
    #[rpc(request = AskResponse)] async fn b(&self);
}",
        errors: &[(
            "the generated type `AskResponse` exists already; name the request of `b` by `#[rpc(request = Name)]`",
            "AskResponse",
        )],
    },
    Rejection {
        claim: "a request is not called like the service",
        arguments: "",
        item: "trait Fib {
    #[rpc(request = Fib)] async fn a(&self);
    #[rpc(request = FibClient)] async fn b(&self);
    #[rpc(request = FibServer)] async fn c(&self);
}",
        errors: &[
            (
                "the generated type `Fib` exists already; name the request of `a` by `#[rpc(request = Name)]`",
                "Fib",
            ),
            (
                "the generated type `FibClient` exists already; name the request of `b` by `#[rpc(request = Name)]`",
                "FibClient",
            ),
            (
                "the generated type `FibServer` exists already; name the request of `c` by `#[rpc(request = Name)]`",
                "FibServer",
            ),
        ],
    },
    Rejection {
        claim: "a message without a reply takes the name of no response",
        arguments: "",
        item: r#"trait Fib {
    #[rpc(event, request = AskRequest)] async fn told(&self);
    #[rpc(request = Ask)] async fn ask(&self);
    #[rpc(name = "asked")] async fn foo(&self);
    #[rpc(event)] async fn foo_(&self);
}"#,
        errors: &[],
    },
    Rejection {
        claim: "an event is not named like a type of another method",
        arguments: "",
        item: "trait Fib {
    async fn ask(&self);
    #[rpc(event)] async fn ask_request(&self);
    #[rpc(event)] async fn ask_response(&self);
    #[rpc(event, request = Told)] async fn told(&self);
    #[rpc(request = Told)] async fn tell(&self);
}",
        errors: &[
            (
                "the generated type `FibAskRequest` exists already; name the request of `ask_request` by `#[rpc(request = Name)]`",
                "ask_request",
            ),
            (
                "the generated type `FibAskResponse` exists already; name the request of `ask_response` by `#[rpc(request = Name)]`",
                "ask_response",
            ),
            (
                "the generated type `Told` exists already; name the request of `tell` by `#[rpc(request = Name)]`",
                "Told",
            ),
        ],
    },
    Rejection {
        claim: "a method names none of the types that are generated from it",
        arguments: "",
        item: "trait Order {
    #[rpc(event)] async fn placed(&self, order: OrderPlaced);
    #[rpc(event)] async fn moved(&self, to: u8) -> Result<(), OrderMoved>;
    #[rpc(notify, request = Tell)] async fn tell(&self, all: Option<Vec<Tell>>);
    async fn find(&self, by: OrderFindRequest) -> OrderFindResponse;
    async fn list(&self) -> Result<Vec<OrderListResponse>, OrderListRequest>;
    async fn pair(&self) -> io::Result<(u8, OrderPairResponse)>;
}",
        errors: &[
            (of_method!("OrderPlaced", "placed"), "OrderPlaced"),
            (of_method!("OrderMoved", "moved"), "OrderMoved"),
            (of_method!("Tell", "tell"), "Tell"),
            (of_method!("OrderFindRequest", "find"), "OrderFindRequest"),
            (of_method!("OrderFindResponse", "find"), "OrderFindResponse"),
            (of_method!("OrderListResponse", "list"), "OrderListResponse"),
            (of_method!("OrderListRequest", "list"), "OrderListRequest"),
            (of_method!("OrderPairResponse", "pair"), "OrderPairResponse"),
        ],
    },
    Rejection {
        claim: "a method sends neither client nor server",
        arguments: "",
        item: "trait Fib {
    async fn client(&self, client: FibClient, other: FibServer<u8>);
}",
        errors: &[
            (
                "`FibClient` is the type that is generated from `Fib`, and cannot be sent; give your type of that name another one",
                "FibClient",
            ),
            (
                "`FibServer` is the type that is generated from `Fib`, and cannot be sent; give your type of that name another one",
                "FibServer",
            ),
        ],
    },
    Rejection {
        claim: "a method may name the types of other methods, and the user's by a path",
        arguments: "",
        item: "trait Order {
    #[rpc(event)] async fn placed(&self, order: model::OrderPlaced, by: OrderPlaced::By);
    async fn history(&self) -> Vec<OrderPlaced>;
    async fn batch(&self, requests: Vec<OrderHistoryRequest>, client: model::OrderClient);
    #[rpc(event, request = Moved)] async fn moved(&self, order: OrderMoved);
    #[rpc(notify)] async fn told(&self, order: OrderToldResponse);
}",
        errors: &[],
    },
];
