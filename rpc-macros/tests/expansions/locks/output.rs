trait Clusters: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn start(
        &self,
        cluster: Cluster,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn stop(
        &self,
        cluster_id: u64,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn collect(&self) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
/// The request of [`Clusters::start`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> Cluster: ::amqp_rpc::__private::WireType"
)]
struct ClustersStartRequest {
    /// The parameter `cluster`.
    cluster: Cluster,
}
impl ClustersStartRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "clusters",
            "clusters.start",
        )
        .params(::amqp_rpc::__private::Params::Named(&["cluster"]))
        .lock(::amqp_rpc::__private::LockDef::new("cluster.id"));
}
/// The response of [`Clusters::start`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
struct ClustersStartResponse(
    /// The value.
    (),
);
/// The request of [`Clusters::stop`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
struct ClustersStopRequest {
    /// The parameter `cluster_id`.
    cluster_id: u64,
}
impl ClustersStopRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "clusters",
            "clusters.stop",
        )
        .params(::amqp_rpc::__private::Params::Named(&["cluster_id"]))
        .lock(::amqp_rpc::__private::LockDef::new("clusters").cluster(8u16));
}
/// The response of [`Clusters::stop`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
struct ClustersStopResponse(
    /// The value.
    (),
);
/// The notification [`Clusters::collect`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
struct ClustersCollectRequest {}
impl ClustersCollectRequest {
    /// The name, the address and the delivery settings of the method.
    const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "clusters",
            "clusters.collect",
        )
        .notify()
        .params(::amqp_rpc::__private::Params::Named(&[]))
        .lock(::amqp_rpc::__private::LockDef::new("clusters.collect"));
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
        struct __Types(__Travels<Cluster>, __Travels<()>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`start` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types(__Travels<u64>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`stop` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types();
    };
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for ClustersStartRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ClustersStartResponse;
        type Error = ::amqp_rpc::__private::NoError;
        fn lock_key(
            &self,
        ) -> ::core::option::Option<::amqp_rpc::__private::Cow<'_, str>> {
            ::core::option::Option::Some(
                ::amqp_rpc::__private::LockKey::lock_key(&self.cluster.id),
            )
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ClustersStartRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "ClustersStartRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for ClustersStartResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ClustersStartResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "ClustersStartResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for ClustersStopRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ClustersStopResponse;
        type Error = ::amqp_rpc::__private::NoError;
        fn lock_key(
            &self,
        ) -> ::core::option::Option<::amqp_rpc::__private::Cow<'_, str>> {
            ::core::option::Option::Some(
                ::amqp_rpc::__private::LockKey::lock_key(&self.cluster_id),
            )
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ClustersStopRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "ClustersStopRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for ClustersStopResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ClustersStopResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "ClustersStopResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for ClustersCollectRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
        fn lock_key(
            &self,
        ) -> ::core::option::Option<::amqp_rpc::__private::Cow<'_, str>> {
            ::core::option::Option::Some(::core::convert::From::from(""))
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Notification for ClustersCollectRequest {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ClustersCollectRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "ClustersCollectRequest",
                ),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { [ClustersClient ClustersServer] {
    /// Calls a remote [`Clusters`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct ClustersClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    const _: () = {
        fn client() {}
        fn cluster() {}
        fn cluster_id() {}
        fn options() {}
        impl ClustersClient {
            /// Calls the `clusters` service through `client`.
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
            /// Calls [`Clusters::start`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`. Runs one at a time for each `cluster.id`.
            fn start(
                &self,
                cluster: Cluster,
            ) -> ::amqp_rpc::__private::Call<ClustersStartRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    ClustersStartRequest { cluster },
                )
            }
            /// Calls [`Clusters::stop`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`. Runs one at a time for each `cluster_id`.
            fn stop(
                &self,
                cluster_id: u64,
            ) -> ::amqp_rpc::__private::Call<ClustersStopRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    ClustersStopRequest { cluster_id },
                )
            }
            /// Notifies [`Clusters::collect`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message. Runs one at a time.
            fn collect(&self) -> ::amqp_rpc::__private::Call<ClustersCollectRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    ClustersCollectRequest {},
                )
            }
        }
    };
    /// Serves an implementation of [`Clusters`].
    struct ClustersServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    const _: () = {
        fn service() {}
        impl<S> ClustersServer<S> {
            /// Serves `service`.
            #[must_use]
            fn new(service: S) -> Self
            where
                S: Clusters,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Clusters,
            {
                Self { service }
            }
        }
    };
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for ClustersServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for ClustersServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "ClustersServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Clusters> ::amqp_rpc::__private::Service for ClustersServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "clusters",
                    &[
                        ClustersStartRequest::METHOD,
                        ClustersStopRequest::METHOD,
                        ClustersCollectRequest::METHOD,
                    ],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn locked_methods(
                &self,
            ) -> ::std::vec::Vec<::amqp_rpc::__private::LockedMethod> {
                ::std::vec::Vec::from([
                    ::amqp_rpc::__private::locked::<ClustersStartRequest>(),
                    ::amqp_rpc::__private::locked::<ClustersStopRequest>(),
                    ::amqp_rpc::__private::locked_whole::<ClustersCollectRequest>(),
                ])
            }
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    "clusters.start" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: ClustersStartRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    ClustersStartResponse(
                                        <S as Clusters>::start(&*__service, __request.cluster).await,
                                    ),
                                )
                            },
                        )
                    }
                    "clusters.stop" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: ClustersStopRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    ClustersStopResponse(
                                        <S as Clusters>::stop(&*__service, __request.cluster_id)
                                            .await,
                                    ),
                                )
                            },
                        )
                    }
                    "clusters.collect" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: ClustersCollectRequest, __context| async move {
                                ::core::result::Result::<
                                    (),
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(<S as Clusters>::collect(&*__service).await)
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(ClustersClient, ClustersServer<()>)>;
    };
} }
