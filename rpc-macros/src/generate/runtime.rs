//! The paths of the runtime's items in generated code. A renamed item is one changed line here.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

macro_rules! runtime_paths {
    ($( $field:ident: $item:ident, )+) => {
        /// The path of each item of the runtime that generated code names.
        pub(super) struct Runtime {
            $( pub(super) $field: TokenStream, )+
        }

        impl Runtime {
            /// Paths through `krate`, the crate that re-exports the runtime.
            pub(super) fn new(krate: &Path) -> Self {
                Self { $( $field: quote!(#krate::__private::$item), )+ }
            }
        }
    };
}

runtime_paths! {
    // The contract.
    request: Request,
    response: Response,
    notification: Notification,
    event: Event,
    no_reply: NoReply,
    no_error: NoError,
    method_def: MethodDef,
    params: Params,
    lock_def: LockDef,
    lock_key: LockKey,
    error_text: ErrorText,
    no_error_text: NoErrorText,
    cow: Cow,
    repetition: Repetition,
    duration: Duration,
    raw_body: RawBody,
    bytes: Bytes,
    violations: Violations,
    check_by_garde: check_by_garde,
    serde: serde,
    // The description.
    with_schema: with_schema,
    schemars: schemars,
    json_schema: JsonSchema,
    schema_type: SchemaType,
    schema: Schema,
    schema_generator: SchemaGenerator,
    describe: Describe,
    service_description: ServiceDescription,
    described: described,
    // The client and the server.
    with_runtime: with_runtime,
    client: Client,
    typed_client: TypedClient,
    call_options: CallOptions,
    call: Call,
    service: Service,
    service_def: ServiceDef,
    arc: Arc,
    incoming_call: IncomingCall,
    serve_future: ServeFuture,
    serve: serve,
    serve_blocking: serve_blocking,
    serve_one_way: serve_one_way,
    serve_one_way_blocking: serve_one_way_blocking,
    unknown_method: unknown_method,
    locked_method: LockedMethod,
    locked: locked,
    locked_whole: locked_whole,
    // Assertions about the user's types.
    wire_type: WireType,
    fallible: Fallible,
    nothing: Nothing,
    logged_error: LoggedError,
    probe: Probe,
    not_result: NotResult,
}
