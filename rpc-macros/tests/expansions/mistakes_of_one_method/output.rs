::core::compile_error! {
    "`reset` must take `&self`: one value serves many calls at once, so state that changes belongs in a `Mutex` or an atomic"
}
::core::compile_error! {
    "a parameter of `reset` needs a plain name: it is the name of a field on the wire"
}
::core::compile_error! {
    "unknown key `idempotnt`; `#[rpc(..)]` on a method knows `name`, `routing_key`, `queue`, `request`, `timeout`, `cancel_when_late`, `idempotent`, `at_most_once`, `deduplicate`, `notify`, `event`, `bare`, `blocking`, `validate_result`, `example`, `lock`, `lock_scope` and `lock_name`"
}
pub trait Fib: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn compute(
        &self,
        n: u64,
    ) -> impl ::core::future::Future<Output = u64> + ::core::marker::Send;
    fn last(&self) -> impl ::core::future::Future<Output = u64> + ::core::marker::Send;
    #[allow(async_fn_in_trait, dead_code)]
    async fn reset(&mut self, _: (u64, u64)) -> u64;
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
        .params(::amqp_rpc::__private::Params::Named(&["n"]));
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
/// The request of [`Fib::last`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
pub struct FibLastRequest {}
impl FibLastRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.last",
        )
        .params(::amqp_rpc::__private::Params::Named(&[]));
}
/// The response of [`Fib::last`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub struct FibLastResponse(
    /// The value.
    pub u64,
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
        struct __Types(__Travels<u64>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < u64 > ::IS_RESULT,
            "`compute` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types();
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < u64 > ::IS_RESULT,
            "`last` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FibComputeRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibComputeResponse;
        type Error = ::amqp_rpc::__private::NoError;
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
    impl ::amqp_rpc::__private::Request for FibLastRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibLastResponse;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibLastRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibLastRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FibLastResponse {
        type Value = u64;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibLastResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibLastResponse"),
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
            /// Calls [`Fib::compute`].
            ///
            /// Resolves to `Result<u64, CallError<NoError>>`.
            pub fn compute(&self, n: u64) -> ::amqp_rpc::__private::Call<FibComputeRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FibComputeRequest { n },
                )
            }
            /// Calls [`Fib::last`].
            ///
            /// Resolves to `Result<u64, CallError<NoError>>`.
            pub fn last(&self) -> ::amqp_rpc::__private::Call<FibLastRequest> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, FibLastRequest {})
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
                    &[FibComputeRequest::METHOD, FibLastRequest::METHOD],
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
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FibComputeResponse(
                                        <S as Fib>::compute(&*__service, __request.n).await,
                                    ),
                                )
                            },
                        )
                    }
                    "fib.last" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FibLastRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(FibLastResponse(<S as Fib>::last(&*__service).await))
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
