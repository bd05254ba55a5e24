trait Prices: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Fetches prices again.
    fn refresh(
        &self,
        source: String,
    ) -> impl ::core::future::Future<
        Output = Result<(), RefreshError>,
    > + ::core::marker::Send;
    fn archive(&self, day: u32) -> ();
    fn price_changed(
        &self,
        price: Price,
        cx: &Context,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn closed(
        &self,
    ) -> impl ::core::future::Future<Output = io::Result<()>> + ::core::marker::Send;
    fn opened(
        &self,
        at: PricesOpened,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
/// The notification [`Prices::refresh`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
struct PricesRefreshRequest {
    /// The parameter `source`.
    source: String,
}
impl PricesRefreshRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.refresh",
        )
        .notify()
        .params(::amqp_rpc::__private::Params::Named(&["source"]))
        .repetition(::amqp_rpc::__private::Repetition::Idempotent);
}
/// The notification [`Prices::archive`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
struct PricesArchiveRequest {
    /// The parameter `day`.
    day: u32,
}
impl PricesArchiveRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.archive",
        )
        .notify()
        .params(::amqp_rpc::__private::Params::Named(&["day"]));
}
/// The event [`Prices::price_changed`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> Price: ::amqp_rpc::__private::WireType"
)]
struct PricesPriceChanged {
    /// The parameter `price`.
    price: Price,
}
impl PricesPriceChanged {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.price_changed",
        )
        .event()
        .exchange("market")
        .params(::amqp_rpc::__private::Params::Named(&["price"]));
}
/// The event [`Prices::closed`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
struct PricesClosed {}
impl PricesClosed {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.closed",
        )
        .event()
        .exchange("market")
        .routing_key("market.closed")
        .params(::amqp_rpc::__private::Params::Named(&[]));
}
/// The event [`Prices::opened`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> PricesOpened: ::amqp_rpc::__private::WireType"
)]
struct Opened {
    /// The parameter `at`.
    at: PricesOpened,
}
impl Opened {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.opened",
        )
        .event()
        .exchange("market")
        .params(::amqp_rpc::__private::Params::Named(&["at"]));
}
const _: () = {
    use ::amqp_rpc::__private::NotResult as _;
    struct __Travels<T: ?::core::marker::Sized + ::amqp_rpc::__private::WireType>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsResult<T: ?::core::marker::Sized + ::amqp_rpc::__private::Fallible>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsNothing<T: ?::core::marker::Sized + ::amqp_rpc::__private::Nothing>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsLogged<T: ?::core::marker::Sized + ::amqp_rpc::__private::LoggedError>(
        ::core::marker::PhantomData<T>,
    );
    const _: () = {
        struct __Types(
            __Travels<String>,
            __IsResult<Result<(), RefreshError>>,
            __IsLogged<RefreshError>,
        );
    };
    const _: () = {
        struct __Types(__Travels<u32>);
    };
    const _: () = {
        struct __Types(__Travels<Price>);
    };
    const _: () = {
        struct __Types(
            __IsResult<io::Result<()>>,
            __IsNothing<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Value>,
            __IsLogged<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Error>,
        );
    };
    const _: () = {
        struct __Types(__Travels<PricesOpened>);
    };
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesRefreshRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Notification for PricesRefreshRequest {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesRefreshRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "PricesRefreshRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesArchiveRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Notification for PricesArchiveRequest {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesArchiveRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "PricesArchiveRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesPriceChanged {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for PricesPriceChanged {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesPriceChanged {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "PricesPriceChanged",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesClosed {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for PricesClosed {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesClosed {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "PricesClosed"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for Opened {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for Opened {}
    #[automatically_derived]
    impl ::core::fmt::Debug for Opened {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "Opened"),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { [PricesClient PricesServer] {
    /// Calls a remote [`Prices`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct PricesClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn at() {}
        fn client() {}
        fn day() {}
        fn options() {}
        fn price() {}
        fn source() {}
        impl PricesClient {
            /// Calls the `prices` service through `client`.
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
            /// Fetches prices again.
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message. Idempotent.
            fn refresh(
                &self,
                source: String,
            ) -> ::amqp_rpc::__private::Call<PricesRefreshRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    PricesRefreshRequest { source },
                )
            }
            /// Notifies [`Prices::archive`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message.
            fn archive(
                &self,
                day: u32,
            ) -> ::amqp_rpc::__private::Call<PricesArchiveRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    PricesArchiveRequest { day },
                )
            }
            /// Publishes [`Prices::price_changed`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message.
            fn price_changed(
                &self,
                price: Price,
            ) -> ::amqp_rpc::__private::Call<PricesPriceChanged> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    PricesPriceChanged { price },
                )
            }
            /// Publishes [`Prices::closed`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message.
            fn closed(&self) -> ::amqp_rpc::__private::Call<PricesClosed> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, PricesClosed {})
            }
            /// Publishes [`Prices::opened`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message.
            fn opened(&self, at: PricesOpened) -> ::amqp_rpc::__private::Call<Opened> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, Opened { at })
            }
        }
    };
    /// Serves an implementation of [`Prices`].
    struct PricesServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> PricesServer<S> {
            /// Serves `service`.
            #[must_use]
            fn new(service: S) -> Self
            where
                S: Prices,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Prices,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for PricesServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for PricesServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "PricesServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Prices> ::amqp_rpc::__private::Service for PricesServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "prices",
                    &[
                        PricesRefreshRequest::METHOD,
                        PricesArchiveRequest::METHOD,
                        PricesPriceChanged::METHOD,
                        PricesClosed::METHOD,
                        Opened::METHOD,
                    ],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    "prices.refresh" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: PricesRefreshRequest, __context| async move {
                                <S as Prices>::refresh(&*__service, __request.source).await
                            },
                        )
                    }
                    "prices.archive" => {
                        ::amqp_rpc::__private::serve_one_way_blocking(
                            __call,
                            move |__request: PricesArchiveRequest, __context| ::core::result::Result::<
                                (),
                                ::amqp_rpc::__private::NoError,
                            >::Ok(<S as Prices>::archive(&*__service, __request.day)),
                        )
                    }
                    "prices.price_changed" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: PricesPriceChanged, __context| async move {
                                ::core::result::Result::<
                                    (),
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    <S as Prices>::price_changed(
                                            &*__service,
                                            __request.price,
                                            &__context,
                                        )
                                        .await,
                                )
                            },
                        )
                    }
                    "market.closed" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: PricesClosed, __context| async move {
                                <S as Prices>::closed(&*__service).await
                            },
                        )
                    }
                    "prices.opened" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: Opened, __context| async move {
                                ::core::result::Result::<
                                    (),
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(<S as Prices>::opened(&*__service, __request.at).await)
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(PricesClient, PricesServer<()>)>;
    };
} }
