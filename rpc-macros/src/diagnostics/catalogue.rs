//! The messages of the macro, as a table. Changes when a rule or its wording does.
//!
//! `docs/macro-errors.md` explains each of them; a test compares the two.

use std::fmt;

/// Declares the enum of errors, their messages, and (for tests) the list of all messages.
macro_rules! catalogue {
    ($( $(#[$doc:meta])* $kind:ident $({ $($field:ident),+ })? => $text:literal, )+) => {
        /// A violated rule; its `Display` is the message.
        pub(crate) enum ErrorKind {
            $( $(#[$doc])* $kind $({ $($field: catalogue!(@type $field)),+ })?, )+
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$kind $({ $($field),+ })? => write!(formatter, $text), )+
                }
            }
        }

        #[cfg(test)]
        impl ErrorKind {
            /// The variant's name in [`CATALOGUE`].
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $( Self::$kind $({ $($field: _),+ })? => stringify!($kind), )+
                }
            }
        }

        /// The name of every variant and its message with placeholders.
        #[cfg(test)]
        pub(crate) const CATALOGUE: &[(&str, &str)] = &[ $( (stringify!($kind), $text), )+ ];
    };
    // Fields with words of the macro are static; those with words of the user are not.
    (@type found) => { &'static str };
    (@type place) => { &'static str };
    (@type key) => { &'static str };
    (@type example) => { &'static str };
    (@type keyword) => { &'static str };
    (@type limit) => { usize };
    (@type length) => { usize };
    (@type $other:ident) => { String };
}

catalogue! {
    // The item and its shape.
    NotATrait { found } => "`#[rpc_service]` describes a service by a trait; this is {found}",
    Unreadable { details } => "`#[rpc_service]` cannot read this trait: {details}",
    GenericTrait { service } => "`{service}` must not be generic: client and server are separate programs and must agree on every type",
    TraitWhere { service } => "`{service}` must not have a `where` clause; declare what implementations need as supertraits",
    SpecialTrait { service, keyword } => "`{service}` must be a plain trait; remove `{keyword}`",
    Supertrait => "a supertrait must be the path of a trait; `Send + Sync + 'static` is added automatically",
    NotAMethod { found } => "a service has methods only; move {found} out of the trait",
    Qualified => "a service has plain methods only; write this one without `pub` or other qualifiers",
    MisplacedKeys { service } => "the keys of a whole service belong in `#[rpc_service(..)]` above `{service}`",
    RepeatedService { service } => "`{service}` has `#[rpc_service]` twice; put all keys into one",
    ServiceOnMethod { method } => "`#[rpc_service]` is for the trait; the keys of `{method}` belong in `#[rpc(..)]`",
    RpcOnReceiver { method } => "`self` is not sent and takes no keys; put them above `{method}`",

    // Methods.
    Receiver { method } => "`{method}` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic",
    ReceiverLifetime { method } => "`{method}` must take `&self` without a lifetime: nothing borrowed outlives a call",
    GenericMethod { method } => "`{method}` must not be generic: the server must know the types of its parameters to decode them",
    MethodWhere { method } => "`{method}` must not have a `where` clause",
    DefaultBody { method } => "`{method}` must not have a body; every implementation writes its own",
    SpecialMethod { method, keyword } => "`{method}` must be a plain method; remove `{keyword}`",
    Variadic { method } => "`{method}` must have a fixed list of parameters",
    NotAsync { method } => "`{method}` must be an `async fn`; if it blocks its thread, mark it `#[rpc(blocking)]`",
    BlockingAsync { method } => "`{method}` is `blocking` and must be a plain `fn`; remove `async` or `blocking`",
    BothKinds { method } => "`{method}` cannot be both `notify` and `event`: one server takes a notification, all subscribers receive an event",
    BareParameters { method, count } => "`{method}` is `bare`, so its body is one parameter without a name; it has {count}",

    // Parameters.
    NamedBytes { parameter } => "`{parameter}` is raw bytes, which take the whole body; make it the only parameter of a `#[rpc(bare)]` method, or a `Vec<u8>`",
    Pattern { method } => "a parameter of `{method}` needs a plain name: it is the name of a field on the wire",
    BorrowedParameter { parameter, owned } => "`{parameter}` is borrowed, but it comes from another process; use {owned}",
    BorrowedContext { parameter } => "`{parameter}` is borrowed, but it comes from another process; to receive the call's context mark it `#[rpc(context)]`",
    ImplParameter { parameter } => "`{parameter}` needs one concrete type: the server must know what to decode",
    SelfParameter { parameter } => "the type of `{parameter}` must not mention `Self`: the caller does not know the implementing type",
    CfgOnParameter { parameter } => "`{parameter}` must not depend on `#[cfg]`: client and server would disagree on the request; put `#[cfg]` on the method",
    ContextType { parameter } => "`{parameter}` receives the context, which is borrowed for the call; write its type as `&Context`",
    SecondContext { method } => "`{method}` already receives the context",
    SerdeOnContext { parameter } => "`{parameter}` receives the context, which is not sent; remove `#[serde(..)]`",
    SharedParameterName { name, parameter, other } => "`{parameter}` and `{other}` are both called `{name}` on the wire, so that no request could be read; change `#[serde(..)]` of one of them",
    GardeOnContext { parameter } => "`{parameter}` receives the context, which is not sent; remove `#[garde(..)]`",
    SchemarsOnContext { parameter } => "`{parameter}` receives the context, which is not sent; remove `#[schemars(..)]`",
    NeedlessSchemars { service } => "`#[schemars(..)]` says how a parameter is described, and `{service}` is not described; add `schema` to its `#[rpc_service(..)]`, or remove this",

    // Return types.
    BorrowedReturn { method } => "`{method}` returns something borrowed, but it goes to another process; return an owned value",
    ImplReturn { method } => "`{method}` needs one concrete return type: the client must know what to decode",
    SelfReturn { method } => "the return type of `{method}` must not mention `Self`: the caller does not know the implementing type",
    DynError { method } => "the error of `{method}` goes to another process, which must know its type; return an enum that derives serde's traits, or the text as a `String`",
    OneWayReturn { method, kind } => "`{method}` is `{kind}`, a one-way message without a reply; return nothing, or `Result<(), E>` with an error for the server's log",
    NoResultToValidate { method } => "`{method}` is a one-way message and has no result; remove `validate_result`",
    /// Reported by the compiler, from an assertion in the generated code.
    ResultAlias { method } => "`{method}` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller",
    ResultArguments { method } => "`{method}` must return `Result<T, E>`, or an alias of it such as `io::Result<T>`",

    // Attributes.
    MalformedAttribute { place, example } => "{place} takes keys separated by commas, such as `{example}`",
    UnknownKey { unknown, place, known } => "unknown key `{unknown}`; {place} knows {known}",
    DuplicateKey { key } => "`{key}` is given twice",
    FlagWithValue { key } => "`{key}` takes no value; write just `{key}`",
    StringExpected { key, example } => "`{key}` takes a string, such as `{key} = \"{example}\"`",
    TypeNameExpected { key } => "`{key}` takes the name of a type that does not exist yet, such as `{key} = ComputeRequest`",
    NumberExpected { key, example } => "`{key}` takes a whole number, such as `{key} = {example}`",
    JsonExpected { key, example } => "`{key}` takes JSON, such as `{key} = {example}`",
    LargeNumber { key, number } => "`{key}` has the number `{number}`, and no parser that reads 64-bit floats knows one above 1.79e308; write a smaller one",
    DeepJson { key, limit } => "`{key}` has more than {limit} lists and objects in each other, too many for documents that contain it; show less of the value",
    PathExpected { key } => "`{key}` takes a path, such as `{key} = ::amqp_rpc`",
    TimeoutFormat { timeout } => "`{timeout}` is no timeout; write a whole number above zero and its unit: `500ms`, `5s`, `2m` or `1h`",
    BothRepetitions { method } => "`{method}` cannot be both `idempotent` and `at_most_once`: the first allows to run it twice, the second forbids it",
    DeduplicatedAndOther { method, other } => "`{method}` cannot be both `deduplicate` and `{other}`: a repeat of a deduplicated call is answered with its stored reply, and the method is neither run again nor refused; keep one of them",
    DeduplicatedEvent { method } => "`{method}` is an `event`, which each group handles by itself; remove `deduplicate`, and have its handlers recognise a repeat by `Context::idempotency_key`",
    NeverLate { method } => "`{method}` is a one-way message, and no caller stops waiting for it; remove `cancel_when_late`",
    BlockingCancelled { method } => "`{method}` is `blocking` and cannot be cancelled once it runs; remove `cancel_when_late`, or make it an `async fn`",
    LockPath { lock } => "`lock` takes the name of a parameter, or of a field of one, such as `lock = \"cluster.id\"`, not `{lock}`",
    LockParameter { parameter, known } => "`{parameter}` is none of the method's parameters, which are: {known}; write `lock` without a value to lock the whole method",
    LockOnContext { parameter } => "`{parameter}` receives the context, which is not sent; name a parameter that is sent",
    LockScopeName { scope } => "`lock_scope` is `process` or `cluster`, not `{scope}`",
    EventInCluster { method } => "`{method}` is an `event`: each subscription receives it through its own queue, so it cannot be locked in a cluster; remove `lock_scope`",
    NoLock { key, method } => "`{key}` needs `lock`, and `{method}` has none; add `lock = \"parameter\"`, or just `lock`",
    LockScopes { name, other } => "the lock `{name}` has another `lock_scope` in `{other}`; methods that share a lock share its scope, so change one, or its `lock_name`",
    LockValues { name, with, without } => "the lock `{name}` has a value in `{with}` and none in `{without}`, so they would not exclude each other; lock both by a value, or both by none, or give one its own `lock_name`",
    Partitions { limit } => "`lock_partitions` is a whole number from 1 to {limit}",
    NeedlessPartitions => "`lock_partitions` needs a method with `lock_scope = \"cluster\"`, and there is none",
    NeedlessExample { service } => "`example` shows how a request is described, and `{service}` is not described; add `schema` to its `#[rpc_service(..)]`, or remove this",
    RawExample { method } => "the body of `{method}` is bytes, which JSON cannot show; remove `example`",
    HiddenKeys { method } => "`#[cfg_attr]` cannot carry the keys of `{method}`: they are read before it is resolved",

    // Names and addresses.
    EmptyName { key } => "`{key}` must not be empty",
    LongName { key, length, limit } => "`{key}` is {length} bytes long; AMQP allows {limit}",
    ControlCharacter { key } => "`{key}` must not contain control characters",
    DottedName { name } => "`{name}` must not contain a dot: the full name is the service's name, a dot, and this",
    ReservedMethodName { name } => "`{name}` must not begin with `$`, and no part of it: these names are reserved for the methods that every server has",
    LongFullName { full_name, length, limit } => "the full name `{full_name}` is {length} bytes long; AMQP allows {limit}",
    ReservedName { key } => "`{key}` must not begin with `amq.`: these names are reserved for the broker",
    ReservedExchange => "`amq.` names are reserved for the broker; of its exchanges only `amq.direct` routes calls",
    ReservedEventExchange => "`amq.` names are reserved for the broker; of its exchanges only `amq.topic` routes events",
    QueueOfEvent { method } => "`{method}` is an `event`: each subscription has its own queue; remove `queue`",
    WildEvent { routing_key } => "`{routing_key}` must be the prefix of an event's routing keys: words separated by dots, none of them empty, `*` or `#`",
    QueueOnDefaultExchange => "on the default exchange a queue is reached by its own name; give each method its `routing_key` instead of a `queue`",
    RoutingKeyIsQueue { routing_key } => "on the default exchange the routing key is the queue's name; remove `queue` or make it `{routing_key}`",

    // Name collisions.
    MethodTwice { method } => "`{method}` is declared twice",
    ClientFunction { method } => "`{method}` is taken by the generated client; rename the method and keep its name on the wire by `#[rpc(name = \"{method}\")]`",
    MethodOfEveryType { method } => "every type has a method `{method}`, which would be called in place of the client's; rename the method and keep its name on the wire by `#[rpc(name = \"{method}\")]`",
    WireNameTaken { name, other } => "`{name}` is the name of `{other}` on the wire already; give one of them another by `#[rpc(name = \"..\")]`",
    RoutingKeyTaken { routing_key, other } => "requests with the routing key `{routing_key}` go to `{other}` already; give one of them another by `#[rpc(routing_key = \"..\")]`",
    TypeNameTaken { type_name, method } => "the generated type `{type_name}` exists already; name the request of `{method}` by `#[rpc(request = Name)]`",
    TypeOfMethod { type_name, method } => "`{type_name}` is the type that is generated from `{method}`, and hides a type of yours that is called the same; give the generated one another name by `#[rpc(request = Name)]`",
    TypeOfService { type_name, service } => "`{type_name}` is the type that is generated from `{service}`, and cannot be sent; give your type of that name another one",
}
