trait Store: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn put(
        &self,
        data: Bytes,
    ) -> impl ::core::future::Future<
        Output = Result<Bytes, StoreError>,
    > + ::core::marker::Send;
}
/// The request of [`Store::put`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    transparent,
    bound = "for<'wire> Bytes: ::amqp_rpc::__private::WireType"
)]
struct StorePutRequest {
    /// The parameter `data`.
    data: Bytes,
}
impl StorePutRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "store",
            "store.put",
        )
        .params(::amqp_rpc::__private::Params::Bare("data"))
        .reading_anything();
}
/// The response of [`Store::put`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
struct StorePutResponse(
    /// The value.
    Bytes,
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
            __Travels<Bytes>,
            __IsResult<Result<Bytes, StoreError>>,
            __Travels<StoreError>,
        );
    };
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for StorePutRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = StorePutResponse;
        type Error = StoreError;
        fn to_raw(&self) -> ::core::option::Option<::amqp_rpc::__private::Bytes> {
            ::core::option::Option::Some(
                <Bytes as ::amqp_rpc::__private::RawBody>::to_body(&self.data),
            )
        }
        fn from_raw(
            __body: ::amqp_rpc::__private::Bytes,
        ) -> ::core::result::Result<Self, ::amqp_rpc::__private::Bytes> {
            ::core::result::Result::Ok(Self {
                data: <Bytes as ::amqp_rpc::__private::RawBody>::from_body(__body),
            })
        }
        #[inline]
        fn error_text(
            __error: &Self::Error,
        ) -> ::core::option::Option<::std::string::String> {
            use ::amqp_rpc::__private::NoErrorText as _;
            ::amqp_rpc::__private::ErrorText::<Self::Error>::error_text(__error)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for StorePutRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "StorePutRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for StorePutResponse {
        type Value = Bytes;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
        fn to_raw(&self) -> ::core::option::Option<::amqp_rpc::__private::Bytes> {
            ::core::option::Option::Some(
                <Bytes as ::amqp_rpc::__private::RawBody>::to_body(&self.0),
            )
        }
        fn from_raw(
            __body: ::amqp_rpc::__private::Bytes,
        ) -> ::core::result::Result<Self, ::amqp_rpc::__private::Bytes> {
            ::core::result::Result::Ok(Self {
                0: <Bytes as ::amqp_rpc::__private::RawBody>::from_body(__body),
            })
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for StorePutResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "StorePutResponse",
                ),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { [StoreClient StoreServer] {
    /// Calls a remote [`Store`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct StoreClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn client() {}
        fn data() {}
        fn options() {}
        impl StoreClient {
            /// Calls the `store` service through `client`.
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
            /// Calls [`Store::put`].
            ///
            /// Resolves to `Result<Bytes, CallError<StoreError>>`.
            fn put(&self, data: Bytes) -> ::amqp_rpc::__private::Call<StorePutRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    StorePutRequest { data },
                )
            }
        }
    };
    /// Serves an implementation of [`Store`].
    struct StoreServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> StoreServer<S> {
            /// Serves `service`.
            #[must_use]
            fn new(service: S) -> Self
            where
                S: Store,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Store,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for StoreServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for StoreServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "StoreServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Store> ::amqp_rpc::__private::Service for StoreServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "store",
                    &[StorePutRequest::METHOD],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    "store.put" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: StorePutRequest, __context| async move {
                                ::core::result::Result::map(
                                    <S as Store>::put(&*__service, __request.data).await,
                                    StorePutResponse,
                                )
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(StoreClient, StoreServer<()>)>;
    };
} }
