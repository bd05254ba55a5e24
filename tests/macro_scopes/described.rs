//! Services that are described compile in the same places.

use amqp_rpc::rpc_service;

/// As a program that has not called anything yet.
#[rpc_service(schema)]
trait Unused {
    async fn only(&self, point: Point) -> Result<Point, Point>;
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Point {
    x: u8,
}

#[rpc_service(schema)]
trait Empty {}

/// A public one in a private module, with names that need `r#`.
#[allow(non_camel_case_types)]
pub(crate) mod raw_identifiers {
    #[amqp_rpc::rpc_service(schema)]
    pub(crate) trait r#move {
        async fn r#type(&self, r#match: u8) -> u8;
    }
}

mod other_paths {
    pub(super) mod facade {
        pub(crate) use ::amqp_rpc as rpc;
    }

    #[amqp_rpc::rpc_service(schema, crate = crate::described::other_paths::facade::rpc)]
    pub(super) trait ByPath {
        async fn call(&self, value: Option<super::Point>) -> Result<u8, String>;
    }
}

mod from_macro {
    macro_rules! service {
        ($name:ident, $method:ident, $parameter:ident: $ty:ty) => {
            #[amqp_rpc::rpc_service(schema)]
            pub(super) trait $name {
                async fn $method(&self, $parameter: $ty) -> Result<$ty, $ty>;
            }
        };
    }
    service!(Written, by, macros: super::Point);
}

#[allow(clippy::non_minimal_cfg)]
mod conditional {
    #[amqp_rpc::rpc_service(schema)]
    #[cfg(any())]
    pub(super) trait Never {
        async fn never(&self, nothing: DoesNotExist);
    }

    #[amqp_rpc::rpc_service(schema)]
    pub(super) trait Conditional {
        async fn always(&self);
        #[cfg(any())]
        async fn either(&self, nothing: DoesNotExist) -> DoesNotExist;
        #[cfg(all())]
        async fn either(&self, a: u8) -> u8;
        #[cfg_attr(all(), cfg_attr(all(), cfg(any())))]
        async fn never(&self, nothing: DoesNotExist);
    }
}

/// Inside of a function, whose items no path reaches.
#[test]
fn a_service_in_a_function_is_described() {
    #[rpc_service(schema)]
    trait Local {
        async fn call(&self, value: u8) -> u8;
    }
    assert_eq!(local_description().methods.len(), 1);
}

#[test]
fn names_on_the_wire_are_described_without_their_raw_prefix() {
    let description = raw_identifiers::move_description();
    assert_eq!((description.service.as_str(), description.methods[0].name.as_str()), ("move", "type"));
    assert!(description.methods[0].request["properties"].get("match").is_some());
}

#[test]
fn only_methods_that_exist_are_described() {
    let description = conditional::conditional_description();
    let names: Vec<_> = description.methods.iter().map(|method| method.name.as_str()).collect();
    assert_eq!(names, ["always", "either"]);
}
