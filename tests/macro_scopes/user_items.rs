//! Statics, constants and unit structs with the names of parameters, and of what generated code binds: a
//! pattern that is called like one of them would mean it.

macro_rules! statics {
    ($($name:ident)*) => { $( static $name: u8 = 0; )* };
}
macro_rules! constants {
    ($($name:ident)*) => { $( const $name: u8 = 0; )* };
}
macro_rules! unit_structs {
    ($($name:ident)*) => { $( struct $name; )* };
}
macro_rules! tuple_structs {
    ($($name:ident)*) => { $( struct $name(u8); )* };
}

macro_rules! scopes {
    ($($module:ident: $items:ident,)*) => { $(
        #[allow(dead_code, non_camel_case_types, non_upper_case_globals)]
        mod $module {
            $items!(n request context service call client options body value formatter cx method r#match);

            #[amqp_rpc::rpc_service]
            pub(super) trait Named {
                async fn all(&self, n: u8, request: u8, context: u8, service: u8, call: u8) -> Result<u8, u8>;
                #[rpc(blocking)]
                fn blocking(&self, client: u8, options: u8, #[rpc(context)] cx: &amqp_rpc::Context) -> u8;
                #[rpc(bare)]
                async fn bytes(&self, body: ::bytes::Bytes) -> ::bytes::Bytes;
                #[rpc(notify)]
                async fn tell(&self, value: u8, formatter: u8, method: u8, r#match: u8);
            }
        }
    )* };
}
scopes! {
    of_statics: statics,
    of_constants: constants,
    of_unit_structs: unit_structs,
    of_tuple_structs: tuple_structs,
}
