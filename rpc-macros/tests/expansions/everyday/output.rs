/// Fibonacci numbers.
pub trait Fib: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// The `n`th Fibonacci number.
    fn compute(
        &self,
        n: u64,
    ) -> impl ::core::future::Future<
        Output = Result<u64, FibError>,
    > + ::core::marker::Send;
    fn whoami(
        &self,
        cx: &Context,
    ) -> impl ::core::future::Future<Output = String> + ::core::marker::Send;
    fn ping(&self) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
#[allow(unused_imports)]
const _: () = {
    use ::amqp_rpc::__private::NotResult as _;
    struct __Travels<T: ?::core::marker::Sized + ::amqp_rpc::__private::WireType>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsResult<T: ?::core::marker::Sized + ::amqp_rpc::__private::Fallible>(
        ::core::marker::PhantomData<T>,
    );
    const _: () = {
        struct __Types(
            __Travels<u64>,
            __IsResult<Result<u64, FibError>>,
            __Travels<FibError>,
        );
    };
    const _: () = {
        struct __Types(__Travels<String>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < String > ::IS_RESULT,
            "`whoami` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types(__Travels<()>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`ping` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
};
/// The request of [`Fib::compute`], as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibComputeRequest {
    /// The parameter `n`.
    pub n: u64,
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl FibComputeRequest {
    /// Names, address and promises of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.compute",
        )
        .repetition(::amqp_rpc::__private::Repetition::Idempotent);
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Request for FibComputeRequest {
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
    type Response = FibComputeResponse;
    type Error = FibError;
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibComputeRequest {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibComputeRequest"),
        )
    }
}
/// What [`Fib::compute`] returns, as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibComputeResponse(
    /// The value.
    pub u64,
);
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Response for FibComputeResponse {
    type Value = u64;
    fn from_value(value: Self::Value) -> Self {
        Self(value)
    }
    fn into_value(self) -> Self::Value {
        self.0
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibComputeResponse {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibComputeResponse"),
        )
    }
}
/// The request of [`Fib::whoami`], as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibWhoamiRequest {}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl FibWhoamiRequest {
    /// Names, address and promises of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
        "fib",
        "fib.whoami",
    );
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Request for FibWhoamiRequest {
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
    type Response = FibWhoamiResponse;
    type Error = ::amqp_rpc::__private::NoError;
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibWhoamiRequest {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibWhoamiRequest"),
        )
    }
}
/// What [`Fib::whoami`] returns, as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibWhoamiResponse(
    /// The value.
    pub String,
);
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Response for FibWhoamiResponse {
    type Value = String;
    fn from_value(value: Self::Value) -> Self {
        Self(value)
    }
    fn into_value(self) -> Self::Value {
        self.0
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibWhoamiResponse {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibWhoamiResponse"),
        )
    }
}
/// The request of [`Fib::ping`], as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibPingRequest {}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl FibPingRequest {
    /// Names, address and promises of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
        "fib",
        "fib.ping",
    );
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Request for FibPingRequest {
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
    type Response = FibPingResponse;
    type Error = ::amqp_rpc::__private::NoError;
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibPingRequest {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibPingRequest"),
        )
    }
}
/// What [`Fib::ping`] returns, as it travels.
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibPingResponse(
    /// The value.
    pub (),
);
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::amqp_rpc::__private::Response for FibPingResponse {
    type Value = ();
    fn from_value(value: Self::Value) -> Self {
        Self(value)
    }
    fn into_value(self) -> Self::Value {
        self.0
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl ::core::fmt::Debug for FibPingResponse {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibPingResponse"),
        )
    }
}
/// Calls a remote [`Fib`].
///
/// Cheap to clone; clones share the connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibClient {
    client: ::amqp_rpc::__private::TypedClient,
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl FibClient {
    /// Calls the `fib` service through `client`.
    #[must_use]
    pub fn new(client: ::amqp_rpc::__private::Client) -> Self {
        Self {
            client: ::amqp_rpc::__private::TypedClient::new(client),
        }
    }
    /// Gives every call of this client `options`, unless the call has its own.
    #[must_use]
    pub fn with_options(self, options: ::amqp_rpc::__private::CallOptions) -> Self {
        Self {
            client: ::amqp_rpc::__private::TypedClient::with_options(
                self.client,
                options,
            ),
        }
    }
    /// The `n`th Fibonacci number.
    pub fn compute(&self, n: u64) -> ::amqp_rpc::__private::Call<FibComputeRequest> {
        ::amqp_rpc::__private::TypedClient::call(&self.client, FibComputeRequest { n })
    }
    /// Calls [`Fib::whoami`].
    pub fn whoami(&self) -> ::amqp_rpc::__private::Call<FibWhoamiRequest> {
        ::amqp_rpc::__private::TypedClient::call(&self.client, FibWhoamiRequest {})
    }
    /// Calls [`Fib::ping`].
    pub fn ping(&self) -> ::amqp_rpc::__private::Call<FibPingRequest> {
        ::amqp_rpc::__private::TypedClient::call(&self.client, FibPingRequest {})
    }
}
/// Serves an implementation of [`Fib`].
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
pub struct FibServer<S> {
    service: ::amqp_rpc::__private::Arc<S>,
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl<S> FibServer<S> {
    /// Serves `service`.
    #[must_use]
    pub fn new(service: S) -> Self
    where
        S: Fib,
    {
        Self::from_arc(::amqp_rpc::__private::Arc::new(service))
    }
    /// Serves a value that is used elsewhere as well, such as by another service.
    #[must_use]
    pub fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
    where
        S: Fib,
    {
        Self { service }
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl<S> ::core::clone::Clone for FibServer<S> {
    fn clone(&self) -> Self {
        Self {
            service: ::core::clone::Clone::clone(&self.service),
        }
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
impl<S> ::core::fmt::Debug for FibServer<S> {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::DebugStruct::finish_non_exhaustive(
            &mut ::core::fmt::Formatter::debug_struct(formatter, "FibServer"),
        )
    }
}
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    non_camel_case_types,
    private_interfaces
)]
#[allow(unreachable_patterns, unused_variables)]
impl<S: Fib> ::amqp_rpc::__private::Service for FibServer<S> {
    const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
        "fib",
        &[FibComputeRequest::METHOD, FibWhoamiRequest::METHOD, FibPingRequest::METHOD],
    );
    fn dispatch(
        &self,
        call: ::amqp_rpc::__private::IncomingCall,
    ) -> ::amqp_rpc::__private::ServeFuture {
        let service = ::core::clone::Clone::clone(&self.service);
        match ::amqp_rpc::__private::IncomingCall::method(&call).routing_key {
            "fib.compute" => {
                ::amqp_rpc::__private::serve(
                    call,
                    move |request: FibComputeRequest, context| async move {
                        ::core::result::Result::map(
                            <S as Fib>::compute(&*service, request.n).await,
                            FibComputeResponse,
                        )
                    },
                )
            }
            "fib.whoami" => {
                ::amqp_rpc::__private::serve(
                    call,
                    move |request: FibWhoamiRequest, context| async move {
                        ::core::result::Result::<
                            _,
                            ::amqp_rpc::__private::NoError,
                        >::Ok(
                            FibWhoamiResponse(
                                <S as Fib>::whoami(&*service, &context).await,
                            ),
                        )
                    },
                )
            }
            "fib.ping" => {
                ::amqp_rpc::__private::serve(
                    call,
                    move |request: FibPingRequest, context| async move {
                        ::core::result::Result::<
                            _,
                            ::amqp_rpc::__private::NoError,
                        >::Ok(FibPingResponse(<S as Fib>::ping(&*service).await))
                    },
                )
            }
            _ => ::amqp_rpc::__private::unknown_method(call),
        }
    }
}
