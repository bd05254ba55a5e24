trait Fib: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn compute(
        &self,
        n: u64,
        note: String,
    ) -> impl ::core::future::Future<
        Output = Result<Answer, FibError>,
    > + ::core::marker::Send;
    fn store(
        &self,
        user: User,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
/// The request of [`Fib::compute`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[derive(::garde::Validate)]
#[garde(allow_unvalidated)]
struct FibComputeRequest {
    /// The parameter `n`.
    #[garde(range(max = 90))]
    n: u64,
    /// The parameter `note`.
    note: String,
}
impl FibComputeRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.compute",
        )
        .params(::amqp_rpc::__private::Params::Named(&["n", "note"]));
}
/// The response of [`Fib::compute`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
struct FibComputeResponse(
    /// The value.
    Answer,
);
/// The request of [`Fib::store`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    transparent,
    bound = "for<'wire> User: ::amqp_rpc::__private::WireType"
)]
#[derive(::garde::Validate)]
#[garde(transparent)]
struct FibStoreRequest {
    /// The parameter `user`.
    #[garde(dive)]
    user: User,
}
impl FibStoreRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "fib",
            "fib.store",
        )
        .params(::amqp_rpc::__private::Params::Bare("user"));
}
/// The response of [`Fib::store`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
struct FibStoreResponse(
    /// The value.
    (),
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
            __Travels<String>,
            __IsResult<Result<Answer, FibError>>,
            __Travels<Answer>,
            __Travels<FibError>,
        );
    };
    const _: () = {
        struct __Types(__Travels<User>, __Travels<()>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`store` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
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
        fn validate(
            &self,
        ) -> ::core::result::Result<(), ::amqp_rpc::__private::Violations> {
            ::amqp_rpc::__private::check_by_garde(self)
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
        type Value = Answer;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
        fn validate(
            &self,
        ) -> ::core::result::Result<(), ::amqp_rpc::__private::Violations> {
            ::amqp_rpc::__private::check_by_garde(&self.0)
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
    impl ::amqp_rpc::__private::Request for FibStoreRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FibStoreResponse;
        type Error = ::amqp_rpc::__private::NoError;
        fn validate(
            &self,
        ) -> ::core::result::Result<(), ::amqp_rpc::__private::Violations> {
            ::amqp_rpc::__private::check_by_garde(self)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibStoreRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FibStoreRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FibStoreResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FibStoreResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FibStoreResponse",
                ),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { [FibClient FibServer] {
    /// Calls a remote [`Fib`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct FibClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn client() {}
        fn n() {}
        fn note() {}
        fn options() {}
        fn user() {}
        impl FibClient {
            /// Calls the `fib` service through `client`.
            #[must_use]
            fn new(client: ::amqp_rpc::__private::Client) -> Self {
                Self {
                    client: ::amqp_rpc::__private::TypedClient::new(client),
                }
            }
            /// Sets the default options of this client's calls.
            #[must_use]
            fn with_options(self, options: ::amqp_rpc::__private::CallOptions) -> Self {
                Self {
                    client: ::amqp_rpc::__private::TypedClient::with_options(
                        self.client,
                        options,
                    ),
                }
            }
            /// Calls [`Fib::compute`].
            ///
            /// Resolves to `Result<Answer, CallError<FibError>>`.
            fn compute(
                &self,
                n: u64,
                note: String,
            ) -> ::amqp_rpc::__private::Call<FibComputeRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FibComputeRequest { n, note },
                )
            }
            /// Calls [`Fib::store`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`.
            fn store(&self, user: User) -> ::amqp_rpc::__private::Call<FibStoreRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FibStoreRequest { user },
                )
            }
        }
    };
    /// Serves an implementation of [`Fib`].
    struct FibServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> FibServer<S> {
            /// Serves `service`.
            #[must_use]
            fn new(service: S) -> Self
            where
                S: Fib,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
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
                    &[FibComputeRequest::METHOD, FibStoreRequest::METHOD],
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
                                    <S as Fib>::compute(
                                            &*__service,
                                            __request.n,
                                            __request.note,
                                        )
                                        .await,
                                    FibComputeResponse,
                                )
                            },
                        )
                    }
                    "fib.store" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FibStoreRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FibStoreResponse(
                                        <S as Fib>::store(&*__service, __request.user).await,
                                    ),
                                )
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
