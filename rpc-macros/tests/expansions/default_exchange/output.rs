pub(crate) trait Tutorial: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn fib(
        &self,
        n: u64,
    ) -> impl ::core::future::Future<Output = u64> + ::core::marker::Send;
}
/// The request of [`Tutorial::fib`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub(crate) struct TutorialFibRequest {
    /// The parameter `n`.
    pub(crate) n: u64,
}
impl TutorialFibRequest {
    /// The name, the address and the delivery settings of the method.
    pub(crate) const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "tutorial",
            "tutorial.fib",
        )
        .exchange("")
        .routing_key("rpc_queue")
        .queue("rpc_queue")
        .params(::amqp_rpc::__private::Params::Bare("n"));
}
/// The response of [`Tutorial::fib`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
pub(crate) struct TutorialFibResponse(
    /// The value.
    pub(crate) u64,
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
            "`fib` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for TutorialFibRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = TutorialFibResponse;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for TutorialFibRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "TutorialFibRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for TutorialFibResponse {
        type Value = u64;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for TutorialFibResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "TutorialFibResponse",
                ),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { pub (crate) [TutorialClient TutorialServer] {
    /// Calls a remote [`Tutorial`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub(crate) struct TutorialClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn client() {}
        fn n() {}
        fn options() {}
        impl TutorialClient {
            /// Calls the `tutorial` service through `client`.
            #[must_use]
            pub(crate) fn new(client: ::amqp_rpc::__private::Client) -> Self {
                Self {
                    client: ::amqp_rpc::__private::TypedClient::new(client),
                }
            }
            /// Sets the default options of this client's calls.
            #[must_use]
            pub(crate) fn with_options(
                self,
                options: ::amqp_rpc::__private::CallOptions,
            ) -> Self {
                Self {
                    client: ::amqp_rpc::__private::TypedClient::with_options(
                        self.client,
                        options,
                    ),
                }
            }
            /// Calls [`Tutorial::fib`].
            ///
            /// Resolves to `Result<u64, CallError<NoError>>`.
            pub(crate) fn fib(
                &self,
                n: u64,
            ) -> ::amqp_rpc::__private::Call<TutorialFibRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    TutorialFibRequest { n },
                )
            }
        }
    };
    /// Serves an implementation of [`Tutorial`].
    pub(crate) struct TutorialServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> TutorialServer<S> {
            /// Serves `service`.
            #[must_use]
            pub(crate) fn new(service: S) -> Self
            where
                S: Tutorial,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            pub(crate) fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Tutorial,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for TutorialServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for TutorialServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "TutorialServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Tutorial> ::amqp_rpc::__private::Service for TutorialServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "tutorial",
                    &[TutorialFibRequest::METHOD],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    "rpc_queue" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: TutorialFibRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    TutorialFibResponse(
                                        <S as Tutorial>::fib(&*__service, __request.n).await,
                                    ),
                                )
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(TutorialClient, TutorialServer<()>)>;
    };
} }
