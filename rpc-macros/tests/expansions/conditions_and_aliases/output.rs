#[cfg(feature = "files")]
pub trait Files: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Reads a file.
    #[cfg(unix)]
    #[deprecated = "use `open`"]
    #[must_use]
    fn read(
        &self,
        r#type: String,
    ) -> impl ::core::future::Future<
        Output = io::Result<Vec<u8>>,
    > + ::core::marker::Send;
    #[cfg_attr(feature = "files", cfg(unix), doc = "Closes a file.", must_use)]
    #[cfg_attr(docsrs, inline)]
    fn close(&self) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
#[cfg(feature = "files")]
#[cfg(unix)]
/// The request of [`Files::read`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(deprecated)]
pub struct FilesReadRequest {
    /// The type, as for [`Files::close`] of [Files]; not of `MySelf`.
    pub r#type: String,
}
#[cfg(feature = "files")]
#[cfg(unix)]
impl FilesReadRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.read",
        )
        .params(::amqp_rpc::__private::Params::Named(&["type"]));
}
#[cfg(feature = "files")]
#[cfg(unix)]
/// The response of [`Files::read`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(deprecated)]
pub struct FilesReadResponse(
    /// The value.
    pub <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value,
);
#[cfg(feature = "files")]
#[cfg_attr(feature = "files", cfg(unix))]
/// The request of [`Files::close`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(deprecated)]
pub struct FilesCloseRequest {}
#[cfg(feature = "files")]
#[cfg_attr(feature = "files", cfg(unix))]
impl FilesCloseRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.close",
        )
        .params(::amqp_rpc::__private::Params::Named(&[]));
}
#[cfg(feature = "files")]
#[cfg_attr(feature = "files", cfg(unix))]
/// The response of [`Files::close`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(deprecated)]
pub struct FilesCloseResponse(
    /// The value.
    pub (),
);
#[cfg(feature = "files")]
#[allow(deprecated)]
const _: () = {
    use ::amqp_rpc::__private::NotResult as _;
    struct __Travels<T: ?::core::marker::Sized + ::amqp_rpc::__private::WireType>(
        ::core::marker::PhantomData<T>,
    );
    struct __IsResult<T: ?::core::marker::Sized + ::amqp_rpc::__private::Fallible>(
        ::core::marker::PhantomData<T>,
    );
    #[cfg(unix)]
    const _: () = {
        struct __Types(
            __Travels<String>,
            __IsResult<io::Result<Vec<u8>>>,
            __Travels<<io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value>,
            __Travels<<io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Error>,
        );
    };
    #[cfg_attr(feature = "files", cfg(unix))]
    const _: () = {
        struct __Types(__Travels<()>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`close` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    #[cfg(unix)]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesReadRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesReadResponse;
        type Error = <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Error;
        #[inline]
        fn error_text(
            __error: &Self::Error,
        ) -> ::core::option::Option<::std::string::String> {
            use ::amqp_rpc::__private::NoErrorText as _;
            ::amqp_rpc::__private::ErrorText::<Self::Error>::error_text(__error)
        }
    }
    #[cfg(unix)]
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesReadRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesReadRequest",
                ),
            )
        }
    }
    #[cfg(unix)]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesReadResponse {
        type Value = <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[cfg(unix)]
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesReadResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesReadResponse",
                ),
            )
        }
    }
    #[cfg_attr(feature = "files", cfg(unix))]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesCloseRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesCloseResponse;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[cfg_attr(feature = "files", cfg(unix))]
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesCloseRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesCloseRequest",
                ),
            )
        }
    }
    #[cfg_attr(feature = "files", cfg(unix))]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesCloseResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[cfg_attr(feature = "files", cfg(unix))]
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesCloseResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesCloseResponse",
                ),
            )
        }
    }
};
::amqp_rpc::__private::with_runtime! { pub [FilesClient FilesServer] {
    #[cfg(feature = "files")]
    /// Calls a remote [`Files`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    #[allow(deprecated)]
    pub struct FilesClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    #[cfg(feature = "files")]
    #[allow(deprecated)]
    const _: () = {
        fn client() {}
        fn options() {}
        fn r#type() {}
        impl FilesClient {
            /// Calls the `files` service through `client`.
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
            #[cfg(unix)]
            /// Reads a file.
            ///
            /// Resolves to the value of `io::Result<Vec<u8>>`, or a `CallError` of its error.
            #[deprecated = "use `open`"]
            pub fn read(
                &self,
                r#type: String,
            ) -> ::amqp_rpc::__private::Call<FilesReadRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FilesReadRequest { r#type },
                )
            }
            #[cfg_attr(feature = "files", cfg(unix))]
            #[cfg_attr(feature = "files", doc = "Closes a file.")]
            ///
            /// Resolves to `Result<(), CallError<NoError>>`.
            pub fn close(&self) -> ::amqp_rpc::__private::Call<FilesCloseRequest> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, FilesCloseRequest {})
            }
        }
    };
    #[cfg(feature = "files")]
    /// Serves an implementation of [`Files`].
    #[allow(deprecated)]
    pub struct FilesServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
    #[cfg(feature = "files")]
    #[allow(deprecated)]
    const _: () = {
        fn service() {}
        impl<S> FilesServer<S> {
            /// Serves `service`.
            #[must_use]
            pub fn new(service: S) -> Self
            where
                S: Files,
            {
                Self::from_arc(::amqp_rpc::__private::Arc::new(service))
            }
            /// Serves a shared value, which may be used by another server as well.
            #[must_use]
            pub fn from_arc(service: ::amqp_rpc::__private::Arc<S>) -> Self
            where
                S: Files,
            {
                Self { service }
            }
        }
    };
    #[cfg(feature = "files")]
    #[allow(deprecated)]
    const _: () = {
        #[automatically_derived]
        impl<S> ::core::clone::Clone for FilesServer<S> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                }
            }
        }
        #[automatically_derived]
        impl<S> ::core::fmt::Debug for FilesServer<S> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(
                    &mut ::core::fmt::Formatter::debug_struct(__formatter, "FilesServer"),
                )
            }
        }
        #[automatically_derived]
        impl<S: Files> ::amqp_rpc::__private::Service for FilesServer<S> {
            const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
                    "files",
                    &[
                        #[cfg(unix)]
                        FilesReadRequest::METHOD,
                        #[cfg_attr(feature = "files", cfg(unix))]
                        FilesCloseRequest::METHOD,
                    ],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            fn dispatch(
                &self,
                __call: ::amqp_rpc::__private::IncomingCall,
            ) -> ::amqp_rpc::__private::ServeFuture {
                let __service = ::core::clone::Clone::clone(&self.service);
                match ::amqp_rpc::__private::IncomingCall::method(&__call).routing_key {
                    #[cfg(unix)]
                    "files.read" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FilesReadRequest, __context| async move {
                                ::core::result::Result::map(
                                    <S as Files>::read(&*__service, __request.r#type).await,
                                    FilesReadResponse,
                                )
                            },
                        )
                    }
                    #[cfg_attr(feature = "files", cfg(unix))]
                    "files.close" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FilesCloseRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FilesCloseResponse(<S as Files>::close(&*__service).await),
                                )
                            },
                        )
                    }
                    _ => ::amqp_rpc::__private::unknown_method(__call),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<(FilesClient, FilesServer<()>)>;
    };
} }
