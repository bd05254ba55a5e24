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
/// The request of [`Fib::compute`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
pub struct FibComputeRequest {
    /// The parameter `n`.
    pub n: u64,
}
impl FibComputeRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.compute",
        )
        .params(::amqp_rpc::__private::Params::Named(&["n"]))
        .repetition(::amqp_rpc::__private::Repetition::Idempotent);
}
/// The response of [`Fib::compute`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub struct FibComputeResponse(
    /// The value.
    pub u64,
);
/// The request of [`Fib::whoami`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
pub struct FibWhoamiRequest {}
impl FibWhoamiRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.whoami",
        )
        .params(::amqp_rpc::__private::Params::Named(&[]));
}
/// The response of [`Fib::whoami`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub struct FibWhoamiResponse(
    /// The value.
    pub String,
);
/// The request of [`Fib::ping`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
pub struct FibPingRequest {}
impl FibPingRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.ping",
        )
        .params(::amqp_rpc::__private::Params::Named(&[]));
}
/// The response of [`Fib::ping`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub struct FibPingResponse(
    /// The value.
    pub (),
);
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
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FibComputeRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibComputeResponse;
        type Error = FibError;
        #[inline]
        fn error_text(
            __error: &Self::Error,
        ) -> ::core::option::Option<::std::string::String> {
            use ::amqp_rpc::__private::NoErrorText as _;
            ::amqp_rpc::__private::ErrorText::<Self::Error>::error_text(__error)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibComputeRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FibComputeRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FibComputeResponse {
        type Value = u64;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibComputeResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FibComputeResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FibWhoamiRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibWhoamiResponse;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibWhoamiRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FibWhoamiRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FibWhoamiResponse {
        type Value = String;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibWhoamiResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FibWhoamiResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FibPingRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibPingResponse;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibPingRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibPingRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FibPingResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibPingResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibPingResponse"),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { pub [FibClient FibServer] {
    /// Calls a remote [`Fib`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct FibClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn client() {}
        fn n() {}
        fn options() {}
        impl FibClient {
            /// Calls the `fib` service through `client`.
            #[must_use]
            pub fn new(client: ::amqp_rpc::__private::Client) -> Self {
                Self {
                    client: ::amqp_rpc::__private::TypedClient::new(client),
                }
            }
            /// Sets the default options of this client's calls.
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
            ///
            /// Resolves to `Result<u64, CallError<FibError>>`. Idempotent.
            pub fn compute(&self, n: u64) -> ::amqp_rpc::__private::Call<FibComputeRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FibComputeRequest { n },
                )
            }
            /// Calls [`Fib::whoami`].
            ///
            /// Resolves to `Result<String, CallError<NoError>>`.
            pub fn whoami(&self) -> ::amqp_rpc::__private::Call<FibWhoamiRequest> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, FibWhoamiRequest {})
            }
            /// Calls [`Fib::ping`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`.
            pub fn ping(&self) -> ::amqp_rpc::__private::Call<FibPingRequest> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, FibPingRequest {})
            }
        }
    };
    /// Serves an implementation of [`Fib`].
    pub struct FibServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> FibServer<S> {
            /// Serves `service`.
            #[must_use]
            pub fn new(service: S) -> Self
            where
                S: Fib,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            pub fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Fib,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for FibServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for FibServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Fib> ::amqp_rpc::__private::Service for FibServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "fib",
                    &[
                        FibComputeRequest::METHOD,
                        FibWhoamiRequest::METHOD,
                        FibPingRequest::METHOD,
                    ],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    "fib.compute" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FibComputeRequest, __context| async move {
                                ::core::result::Result::map(
                                    <S as Fib>::compute(&*__service, __request.n).await,
                                    FibComputeResponse,
                                )
                            },
                        )
                    }
                    "fib.whoami" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FibWhoamiRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FibWhoamiResponse(
                                        <S as Fib>::whoami(&*__service, &__context).await,
                                    ),
                                )
                            },
                        )
                    }
                    "fib.ping" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FibPingRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(FibPingResponse(<S as Fib>::ping(&*__service).await))
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(FibClient, FibServer<()>)>;
    };
} }
