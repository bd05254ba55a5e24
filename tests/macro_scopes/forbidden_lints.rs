//! A crate may forbid any lint: what is forbidden cannot be allowed again (E0453), and nothing is reported.
//!
//! Left out are the lints that serde's own derives allow (`non_camel_case_types`), their groups (`unused`,
//! `nonstandard_style`, `warnings`), and groups that can only be forbidden for a whole crate. That generated
//! code allows nothing at all is a test of the macro's expansions.

macro_rules! forbidding {
    ($($module:ident: $lint:path,)*) => { $(
        /// A service where the lint is forbidden.
        #[forbid($lint)]
        pub mod $module {
            /// Described.
            #[amqp_rpc::rpc_service]
            pub trait Described {
                /// Described.
                async fn compute(&self, n: u64, deep: Vec<Option<String>>) -> Result<u64, super::super::Refused>;
                /// Described.
                #[rpc(blocking, bare, idempotent, timeout = "5s")]
                fn block(&self, n: u64, #[rpc(context)] cx: &amqp_rpc::Context);
                /// Described.
                #[rpc(bare)]
                async fn bytes(&self, data: ::bytes::Bytes) -> ::bytes::Bytes;
                /// Described.
                #[rpc(notify)]
                async fn notify(&self) -> Result<(), String>;
                /// Described.
                #[rpc(event)]
                async fn event(&self, n: u64);
            }

            #[amqp_rpc::rpc_service]
            trait Private {
                async fn compute(&self, n: u64) -> u64;
                #[rpc(notify)]
                async fn notify(&self, n: u64);
            }

            #[amqp_rpc::rpc_service]
            trait Empty {}

            #[amqp_rpc::rpc_service(schema)]
            trait PrivateSchemas {
                async fn compute(&self, n: u64, deep: Vec<Option<String>>) -> Result<u64, String>;
                #[rpc(bare, notify)]
                async fn notify(&self, n: u64);
            }

            /// Described.
            #[amqp_rpc::rpc_service(schema)]
            pub trait Schemas {
                /// Described.
                async fn compute(&self, n: u64) -> Result<u64, String>;
            }
        }
    )* };
}
forbidding! {
    of_dead_code: dead_code,
    of_deprecated: deprecated,
    of_missing_debug_implementations: missing_debug_implementations,
    of_missing_docs: missing_docs,
    of_private_bounds: private_bounds,
    of_private_interfaces: private_interfaces,
    of_unreachable_patterns: unreachable_patterns,
    of_unreachable_pub: unreachable_pub,
    of_unsafe_code: unsafe_code,
    of_unused_imports: unused_imports,
    of_unused_variables: unused_variables,
    of_single_use_lifetimes: single_use_lifetimes,
    of_trivial_casts: trivial_casts,
    of_trivial_numeric_casts: trivial_numeric_casts,
    of_unused_lifetimes: unused_lifetimes,
    of_unused_results: unused_results,
    of_unit_bindings: unit_bindings,
    of_let_underscore_drop: let_underscore_drop,
    the_group_keyword_idents: keyword_idents,
    the_group_let_underscore: let_underscore,
    the_group_refining_impl_trait: refining_impl_trait,
    the_group_rust_2018_idioms: rust_2018_idioms,
    the_group_clippy_all: clippy::all,
    the_group_clippy_cargo: clippy::cargo,
    the_group_clippy_nursery: clippy::nursery,
    the_group_clippy_pedantic: clippy::pedantic,
}
