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
}
/// The request message of [`Prices::refresh`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
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
        .repetition(::amqp_rpc::__private::Repetition::Idempotent);
}
/// The request message of [`Prices::archive`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
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
        .notify();
}
/// The request message of [`Prices::price_changed`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> Price: ::amqp_rpc::__private::WireType"
)]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
struct PricesPriceChangedRequest {
    /// The parameter `price`.
    price: Price,
}
impl PricesPriceChangedRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.price_changed",
        )
        .event()
        .exchange("market");
}
/// The request message of [`Prices::closed`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
struct PricesClosedRequest {}
impl PricesClosedRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "prices",
            "prices.closed",
        )
        .event()
        .exchange("market")
        .routing_key("market.closed");
}
/// Calls a remote [`Prices`].
///
/// Cheap to clone; clones share the connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(clippy::all, clippy::pedantic, non_camel_case_types)]
struct PricesClient {
    client: ::amqp_rpc::__private::TypedClient,
}
#[allow(clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces)]
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
    fn archive(&self, day: u32) -> ::amqp_rpc::__private::Call<PricesArchiveRequest> {
        ::amqp_rpc::__private::TypedClient::call(
            &self.client,
            PricesArchiveRequest { day },
        )
    }
    /// Publishes [`Prices::price_changed`].
    fn price_changed(
        &self,
        price: Price,
    ) -> ::amqp_rpc::__private::Call<PricesPriceChangedRequest> {
        ::amqp_rpc::__private::TypedClient::call(
            &self.client,
            PricesPriceChangedRequest { price },
        )
    }
    /// Publishes [`Prices::closed`].
    fn closed(&self) -> ::amqp_rpc::__private::Call<PricesClosedRequest> {
        ::amqp_rpc::__private::TypedClient::call(&self.client, PricesClosedRequest {})
    }
}
/// Serves an implementation of [`Prices`].
#[allow(clippy::all, clippy::pedantic, non_camel_case_types)]
struct PricesServer<S> {
    service: ::amqp_rpc::__private::Arc<S>,
}
#[allow(clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces)]
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
#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    private_interfaces,
    unreachable_patterns,
    unused_imports,
    unused_variables
)]
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
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    formatter,
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
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    formatter,
                    "PricesArchiveRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesPriceChangedRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for PricesPriceChangedRequest {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesPriceChangedRequest {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    formatter,
                    "PricesPriceChangedRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for PricesClosedRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for PricesClosedRequest {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PricesClosedRequest {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    formatter,
                    "PricesClosedRequest",
                ),
            )
        }
    }
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
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(formatter, "PricesServer"),
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
                PricesPriceChangedRequest::METHOD,
                PricesClosedRequest::METHOD,
            ],
        );
        fn dispatch(
            &self,
            call: ::amqp_rpc::__private::IncomingCall,
        ) -> ::amqp_rpc::__private::ServeFuture {
            let service = ::core::clone::Clone::clone(&self.service);
            match ::amqp_rpc::__private::IncomingCall::method(&call).routing_key {
                "prices.refresh" => {
                    ::amqp_rpc::__private::serve_one_way(
                        call,
                        move |request: PricesRefreshRequest, context| async move {
                            <S as Prices>::refresh(&*service, request.source).await
                        },
                    )
                }
                "prices.archive" => {
                    ::amqp_rpc::__private::serve_one_way_blocking(
                        call,
                        move |request: PricesArchiveRequest, context| ::core::result::Result::<
                            (),
                            ::amqp_rpc::__private::NoError,
                        >::Ok(<S as Prices>::archive(&*service, request.day)),
                    )
                }
                "prices.price_changed" => {
                    ::amqp_rpc::__private::serve_one_way(
                        call,
                        move |request: PricesPriceChangedRequest, context| async move {
                            ::core::result::Result::<
                                (),
                                ::amqp_rpc::__private::NoError,
                            >::Ok(
                                <S as Prices>::price_changed(
                                        &*service,
                                        request.price,
                                        &context,
                                    )
                                    .await,
                            )
                        },
                    )
                }
                "market.closed" => {
                    ::amqp_rpc::__private::serve_one_way(
                        call,
                        move |request: PricesClosedRequest, context| async move {
                            <S as Prices>::closed(&*service).await
                        },
                    )
                }
                _ => ::amqp_rpc::__private::unknown_method(call),
            }
        }
    }
};
