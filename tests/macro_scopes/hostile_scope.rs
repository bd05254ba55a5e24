//! A scope in which every name of the prelude that generated code could need means something else.
#![allow(dead_code, non_camel_case_types, unused_macros)]

use amqp_rpc::rpc_service;

macro_rules! hostile {
    ($($name:ident)*) => { $( pub(crate) struct $name; )* };
}
hostile!(Travels IsResult Types Result String Option Vec Ok Err Some None Box Arc Duration Context Request Response Client Call Service core std serde alloc);

macro_rules! hostile_traits {
    ($($name:ident)*) => { $( pub(crate) trait $name {} )* };
}
hostile_traits!(Send Sync Sized Clone Debug Future Serialize Deserialize Drop Fn FnOnce From Into Default NotResult);

macro_rules! assert {
    () => {};
}
macro_rules! panic {
    () => {};
}

/// Methods that every value gets here, and that must not be taken for those of the runtime.
pub(crate) trait Hijack: ::core::marker::Sized {
    fn call(self) {}
    fn clone(self) {}
    fn method(self) {}
    fn with_options(self) {}
    fn map(self) {}
}
impl<T> Hijack for T {}

#[rpc_service]
pub(crate) trait Plain {
    async fn add(&self, a: u8, b: u8) -> u8;
    async fn check(&self, value: ::std::string::String) -> ::core::result::Result<(), u8>;
    #[rpc(blocking)]
    fn wait(&self, #[rpc(context)] cx: &::amqp_rpc::Context) -> ::core::option::Option<u8>;
}

#[rpc_service(schema)]
pub(crate) trait Described {
    /// Adds.
    async fn add(&self, a: u8, b: u8) -> u8;
    #[deprecated(note = "use another one")]
    async fn check(&self, value: ::std::string::String) -> ::core::result::Result<(), u8>;
    #[rpc(bare)]
    async fn bare(&self, value: ::std::vec::Vec<u8>);
}

impl Plain for () {
    async fn add(&self, a: u8, b: u8) -> u8 {
        a + b
    }
    async fn check(&self, _: ::std::string::String) -> ::core::result::Result<(), u8> {
        ::core::result::Result::Err(1)
    }
    fn wait(&self, _: &::amqp_rpc::Context) -> ::core::option::Option<u8> {
        ::core::option::Option::None
    }
}
