//! Generated code compiles wherever the trait does, and without a warning: changes when it may be used in a
//! new place.
//!
//! Most of what is claimed here is claimed by compiling.
#![deny(missing_docs, unreachable_pub, warnings)]

use amqp_rpc::__private::Service;

mod conditions;
mod described;
pub mod forbidden_lints;
mod hostile_scope;
mod user_items;

/// Parameters may be called like anything in the generated code.
mod parameter_names {
    #[amqp_rpc::rpc_service]
    #[allow(clippy::too_many_arguments)]
    pub(super) trait Names {
        async fn all(
            &self,
            request: u8,
            context: u8,
            service: u8,
            call: u8,
            self_: u8,
            client: u8,
            formatter: u8,
            value: u8,
            options: u8,
            r#match: u8,
        ) -> u8;
        #[rpc(blocking)]
        fn blocking(&self, request: u8, context: u8, service: u8, call: u8) -> u8;
    }
}

/// Identifiers that need `r#`.
#[allow(non_camel_case_types)]
mod raw_identifiers {
    /// A trait with a raw name.
    #[amqp_rpc::rpc_service]
    pub(super) trait r#move {
        async fn r#type(&self, r#match: u8) -> u8;
    }
}

/// Using something deprecated warns the user's code, not the generated one.
mod deprecated_items {
    #[amqp_rpc::rpc_service]
    #[deprecated = "use another service"]
    pub(super) trait Old {
        #[deprecated = "use `after`"]
        async fn before(&self) -> u8;
        async fn after(&self) -> u8;
    }

    /// Deprecated.
    #[deprecated]
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Former;

    #[amqp_rpc::rpc_service]
    #[expect(deprecated, reason = "old callers use it")]
    pub(super) trait UsesOld {
        async fn former(&self, former: Former) -> Option<Former>;
    }
}

/// A service may be all there is in a program, or half of it.
mod unused {
    #[amqp_rpc::rpc_service]
    pub(super) trait Empty {}

    #[amqp_rpc::rpc_service(name = "one")]
    pub(super) trait One {
        async fn only(&self);
    }
}

/// Public, documented, and documented to the last field.
pub mod documented {
    /// Public.
    #[amqp_rpc::rpc_service]
    pub trait Public {
        /// Adds.
        async fn add(
            &self,
            /// The first; see [`Self::add`], [Self] and [`Public::add`].
            a: u8,
            b: u8,
        ) -> Result<u8, super::Refused>;
    }
}

/// An error that needs to be neither `Debug` nor an `Error`.
#[derive(serde::Serialize, serde::Deserialize)]
#[expect(missing_debug_implementations, reason = "the macro must not ask for it")]
pub struct Refused;

/// Supertraits are kept.
mod supertraits {
    pub(super) trait Named {
        fn name(&self) -> &'static str;
    }

    #[amqp_rpc::rpc_service]
    pub(super) trait Greeter: Named + Send {
        async fn greet(&self) -> String;
    }

    impl Named for () {
        fn name(&self) -> &'static str {
            "nobody"
        }
    }

    impl Greeter for () {
        async fn greet(&self) -> String {
            format!("hello from {}", self.name())
        }
    }
}

/// The runtime may be found under another path, written as a path or as a string.
mod other_paths {
    pub(super) mod facade {
        pub(crate) use ::amqp_rpc as rpc;
    }

    #[amqp_rpc::rpc_service(crate = crate::other_paths::facade::rpc)]
    pub(super) trait ByPath {
        async fn call(&self, value: Option<u8>) -> Result<u8, String>;
    }

    #[amqp_rpc::rpc_service(crate = "crate::other_paths::facade::rpc")]
    pub(super) trait ByString {
        async fn call(&self, value: Option<u8>) -> Result<u8, String>;
    }
}

/// A service that a `macro_rules!` macro writes.
mod from_macro {
    macro_rules! service {
        ($name:ident, $method:ident, $parameter:ident: $ty:ty, $error:ty, $key:literal) => {
            #[amqp_rpc::rpc_service(name = $key)]
            pub(super) trait $name {
                async fn $method(&self, $parameter: $ty) -> Result<$ty, $error>;
            }
        };
    }
    service!(Made, make, thing: Vec<u8>, String, "made");

    macro_rules! service_returning {
        ($name:ident, $returned:ty) => {
            #[amqp_rpc::rpc_service]
            pub(super) trait $name {
                async fn make(&self) -> $returned;
            }
        };
    }
    service_returning!(Fallible, Result<u8, String>);
    service_returning!(Plain, Vec<crate::Refused>);
}

/// Names that generated code would have used itself.
mod names_of_ours {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Travels;
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct IsResult;

    #[amqp_rpc::rpc_service]
    pub(super) trait Types {
        async fn same(&self, a: Travels, b: IsResult) -> Result<Travels, IsResult>;
    }

    #[amqp_rpc::rpc_service]
    pub(super) trait S {
        #[rpc(request = T)]
        async fn m(&self);
    }
}

#[test]
fn a_result_is_found_behind_a_macro() {
    fn error_of<R: amqp_rpc::__private::Request>(_: &R) -> &'static str {
        std::any::type_name::<R::Error>()
    }
    assert_eq!(error_of(&from_macro::FallibleMakeRequest {}), std::any::type_name::<String>());
}

#[test]
fn a_service_can_be_declared_inside_a_function() {
    #[amqp_rpc::rpc_service]
    trait Local {
        async fn ping(&self) -> String;
    }
    struct Here;
    impl Local for Here {
        async fn ping(&self) -> String {
            "pong".to_owned()
        }
    }
    assert_eq!(LocalServer::<Here>::DEFINITION.name, "local");
}

#[test]
fn raw_identifiers_lose_their_prefix_on_the_wire() {
    struct Nothing;
    impl raw_identifiers::r#move for Nothing {
        async fn r#type(&self, r#match: u8) -> u8 {
            r#match
        }
    }
    let definition = raw_identifiers::moveServer::<Nothing>::DEFINITION;
    assert_eq!((definition.name, definition.methods[0].full_name), ("move", "move.type"));
    let request = serde_json::to_value(raw_identifiers::moveTypeRequest { r#match: 1 }).unwrap();
    assert_eq!(request, serde_json::json!({ "match": 1 }));
}

#[test]
fn one_value_can_serve_several_services_with_equal_method_names() {
    use amqp_rpc::rpc_service;
    use std::sync::Arc;

    #[rpc_service]
    trait Left {
        async fn name(&self) -> String;
    }
    #[rpc_service]
    trait Right {
        async fn name(&self) -> String;
    }
    struct Both;
    impl Left for Both {
        async fn name(&self) -> String {
            "left".to_owned()
        }
    }
    impl Right for Both {
        async fn name(&self) -> String {
            "right".to_owned()
        }
    }

    let both = Arc::new(Both);
    let left = LeftServer::from_arc(Arc::clone(&both));
    let right = RightServer::from_arc(Arc::clone(&both));
    assert_eq!(Arc::strong_count(&both), 3);
    assert_eq!(format!("{left:?} {right:?}"), "LeftServer { .. } RightServer { .. }");
    drop((left.clone(), right.clone()));
}
