trait Sums: Audited + ::core::marker::Send + ::core::marker::Sync + 'static {
    fn add(
        &self,
        a: u64,
        b: u64,
    ) -> impl ::core::future::Future<
        Output = Result<u64, Overflow>,
    > + ::core::marker::Send;
    fn total(&self, summands: Vec<Summand>, cx: &Context) -> Option<u64>;
}
/// The request of [`Sums::add`].
#[derive(
    my_crate::rpc::__private::serde::Serialize,
    my_crate::rpc::__private::serde::Deserialize
)]
#[serde(crate = "my_crate::rpc::__private::serde")]
struct Plus {
    /// The first summand.
    a: u64,
    /// The parameter `b`.
    #[serde(default, rename = "second")]
    b: u64,
}
impl Plus {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static my_crate::rpc::__private::MethodDef = &my_crate::rpc::__private::MethodDef::new(
            "maths",
            "maths.plus",
        )
        .exchange("sums")
        .routing_key("add")
        .queue("sums.fast")
        .params(my_crate::rpc::__private::Params::Named(&["a", "second"]))
        .timeout(my_crate::rpc::__private::Duration::from_millis(1500u64))
        .repetition(my_crate::rpc::__private::Repetition::AtMostOnce)
        .cancel_when_late();
}
/// The response of [`Sums::add`].
#[derive(
    my_crate::rpc::__private::serde::Serialize,
    my_crate::rpc::__private::serde::Deserialize
)]
#[serde(crate = "my_crate::rpc::__private::serde", transparent)]
struct PlusResponse(
    /// The value.
    u64,
);
/// The request of [`Sums::total`].
#[derive(
    my_crate::rpc::__private::serde::Serialize,
    my_crate::rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "my_crate::rpc::__private::serde",
    transparent,
    bound = "for<'wire> Vec < Summand >: my_crate::rpc::__private::WireType"
)]
struct SumsTotalRequest {
    /// The parameter `summands`.
    summands: Vec<Summand>,
}
impl SumsTotalRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static my_crate::rpc::__private::MethodDef = &my_crate::rpc::__private::MethodDef::new(
            "maths",
            "maths.total",
        )
        .exchange("sums")
        .queue("sums.v2")
        .params(my_crate::rpc::__private::Params::Bare("summands"))
        .repetition(my_crate::rpc::__private::Repetition::Deduplicated);
}
/// The response of [`Sums::total`].
#[derive(
    my_crate::rpc::__private::serde::Serialize,
    my_crate::rpc::__private::serde::Deserialize
)]
#[serde(crate = "my_crate::rpc::__private::serde", transparent)]
struct SumsTotalResponse(
    /// The value.
    Option<u64>,
);
const _: () = {
    use my_crate::rpc::__private::NotResult as _;
    struct __Travels<T: ?::core::marker::Sized + my_crate::rpc::__private::WireType>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsResult<T: ?::core::marker::Sized + my_crate::rpc::__private::Fallible>(
        ::core::marker::PhantomData<T>,
    );
    const _: () = {
        struct __Types(
            __Travels<u64>,
            __IsResult<Result<u64, Overflow>>,
            __Travels<Overflow>,
        );
    };
    const _: () = {
        struct __Types(__Travels<Vec<Summand>>, __Travels<Option<u64>>);
        const _: () = ::core::assert!(
            ! my_crate::rpc::__private::Probe:: < Option < u64 > > ::IS_RESULT,
            "`total` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    #[automatically_derived]
    impl my_crate::rpc::__private::Request for Plus {
        const METHOD: &'static my_crate::rpc::__private::MethodDef = Self::METHOD;
        type Response = PlusResponse;
        type Error = Overflow;
        #[inline]
        fn error_text(
            __error: &Self::Error,
        ) -> ::core::option::Option<::std::string::String> {
            use my_crate::rpc::__private::NoErrorText as _;
            my_crate::rpc::__private::ErrorText::<Self::Error>::error_text(__error)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Plus {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "Plus"),
            )
        }
    }
    #[automatically_derived]
    impl my_crate::rpc::__private::Response for PlusResponse {
        type Value = u64;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for PlusResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "PlusResponse"),
            )
        }
    }
    #[automatically_derived]
    impl my_crate::rpc::__private::Request for SumsTotalRequest {
        const METHOD: &'static my_crate::rpc::__private::MethodDef = Self::METHOD;
        type Response = SumsTotalResponse;
        type Error = my_crate::rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SumsTotalRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "SumsTotalRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl my_crate::rpc::__private::Response for SumsTotalResponse {
        type Value = Option<u64>;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SumsTotalResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "SumsTotalResponse",
                ),
            )
        }
    }
};
my_crate::rpc::__private::with_runtime! { [SumsClient SumsServer] {
    /// Calls a remote [`Sums`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct SumsClient {
        client: my_crate::rpc::__private::TypedClient,
    }
    const _: () = {
        fn a() {}
        fn b() {}
        fn client() {}
        fn options() {}
        fn summands() {}
        impl SumsClient {
            /// Calls the `maths` service through `client`.
            #[must_use]
            fn new(client: my_crate::rpc::__private::Client) -> Self {
                Self {
                    client: my_crate::rpc::__private::TypedClient::new(client),
                }
            }
            /// Sets the default options of this client's calls.
            #[must_use]
            fn with_options(self, options: my_crate::rpc::__private::CallOptions) -> Self {
                Self {
                    client: my_crate::rpc::__private::TypedClient::with_options(
                        self.client,
                        options,
                    ),
                }
            }
            /// Calls [`Sums::add`].
            ///
            /// Resolves to `Result<u64, CallError<Overflow>>`. Runs at most once. Times out after 1500 ms.
            fn add(&self, a: u64, b: u64) -> my_crate::rpc::__private::Call<Plus> {
                my_crate::rpc::__private::TypedClient::call(&self.client, Plus { a, b })
            }
            /// Calls [`Sums::total`].
            ///
            /// Resolves to `Result<Option<u64>, CallError<NoError>>`. Deduplicated by its idempotency key.
            fn total(
                &self,
                summands: Vec<Summand>,
            ) -> my_crate::rpc::__private::Call<SumsTotalRequest> {
                my_crate::rpc::__private::TypedClient::call(
                    &self.client,
                    SumsTotalRequest { summands },
                )
            }
        }
    };
    /// Serves an implementation of [`Sums`].
    struct SumsServer<S> {
        service: my_crate::rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> SumsServer<S> {
            /// Serves `service`.
            #[must_use]
            fn new(service: S) -> Self
            where
                S: Sums,
            {
                Self::from_arc(my_crate::rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            fn from_arc(service: my_crate::rpc::__private::Arc<S>) -> Self
            where
                S: Sums,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for SumsServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for SumsServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "SumsServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Sums> my_crate::rpc::__private::Service for SumsServer<S> {
            const DEFINITION: &'static my_crate::rpc::__private::ServiceDef = &my_crate::rpc::__private::ServiceDef::new(
                    "maths",
                    &[Plus::METHOD, SumsTotalRequest::METHOD],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: my_crate::rpc::__private::IncomingCall,
            ) -> my_crate::rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match my_crate::rpc::__private::IncomingCall::method(&__call).routing_key {
                    "add" => {
                        my_crate::rpc::__private::serve(
                            __call,
                            move |__request: Plus, __context| async move {
                                ::core::result::Result::map(
                                    <S as Sums>::add(&*__service, __request.a, __request.b)
                                        .await,
                                    PlusResponse,
                                )
                            },
                        )
                    }
                    "maths.total" => {
                        my_crate::rpc::__private::serve_blocking(
                            __call,
                            move |__request: SumsTotalRequest, __context| ::core::result::Result::<
                                _,
                                my_crate::rpc::__private::NoError,
                            >::Ok(
                                SumsTotalResponse(
                                    <S as Sums>::total(
                                        &*__service,
                                        __request.summands,
                                        &__context,
                                    ),
                                ),
                            ),
                        )
                    }
                    _ => my_crate::rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(SumsClient, SumsServer<()>)>;
    };
} }
