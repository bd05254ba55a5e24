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
}
#[cfg(feature = "files")]
#[cfg(unix)]
/// The request message of [`Files::read`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
pub struct FilesReadRequest {
    /// The parameter `type`.
    pub r#type: String,
}
#[cfg(feature = "files")]
#[cfg(unix)]
impl FilesReadRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
        "files",
        "files.read",
    );
}
#[cfg(feature = "files")]
#[cfg(unix)]
/// The response message of [`Files::read`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(clippy::all, clippy::pedantic)]
#[allow(deprecated, non_camel_case_types, private_interfaces)]
pub struct FilesReadResponse(
    /// The value.
    pub <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value,
);
#[cfg(feature = "files")]
/// Calls a remote [`Files`].
///
/// Cheap to clone; clones share the connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(clippy::all, clippy::pedantic, non_camel_case_types)]
pub struct FilesClient {
    client: ::amqp_rpc::__private::TypedClient,
}
#[cfg(feature = "files")]
#[allow(clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces)]
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
    #[deprecated = "use `open`"]
    pub fn read(&self, r#type: String) -> ::amqp_rpc::__private::Call<FilesReadRequest> {
        ::amqp_rpc::__private::TypedClient::call(
            &self.client,
            FilesReadRequest { r#type },
        )
    }
}
#[cfg(feature = "files")]
/// Serves an implementation of [`Files`].
#[allow(clippy::all, clippy::pedantic, non_camel_case_types)]
pub struct FilesServer<S> {
    service: ::amqp_rpc::__private::Arc<S>,
}
#[cfg(feature = "files")]
#[allow(clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces)]
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
#[cfg(feature = "files")]
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
    #[cfg(unix)]
    const _: () = {
        struct __Types(
            __Travels<String>,
            __IsResult<io::Result<Vec<u8>>>,
            __Travels<<io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value>,
            __Travels<<io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Error>,
        );
    };
    #[cfg(unix)]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesReadRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesReadResponse;
        type Error = <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Error;
    }
    #[cfg(unix)]
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesReadRequest {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(formatter, "FilesReadRequest"),
            )
        }
    }
    #[cfg(unix)]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesReadResponse {
        type Value = <io::Result<Vec<u8>> as ::amqp_rpc::__private::Fallible>::Value;
        fn from_value(value: Self::Value) -> Self {
            Self(value)
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
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(formatter, "FilesReadResponse"),
            )
        }
    }
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
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(formatter, "FilesServer"),
            )
        }
    }
    #[automatically_derived]
    impl<S: Files> ::amqp_rpc::__private::Service for FilesServer<S> {
        const DEFINITION: &'static ::amqp_rpc::__private::ServiceDef = &::amqp_rpc::__private::ServiceDef::new(
            "files",
            &[#[cfg(unix)] FilesReadRequest::METHOD],
        );
        fn dispatch(
            &self,
            call: ::amqp_rpc::__private::IncomingCall,
        ) -> ::amqp_rpc::__private::ServeFuture {
            let service = ::core::clone::Clone::clone(&self.service);
            match ::amqp_rpc::__private::IncomingCall::method(&call).routing_key {
                #[cfg(unix)]
                "files.read" => {
                    ::amqp_rpc::__private::serve(
                        call,
                        move |request: FilesReadRequest, context| async move {
                            ::core::result::Result::map(
                                <S as Files>::read(&*service, request.r#type).await,
                                FilesReadResponse,
                            )
                        },
                    )
                }
                _ => ::amqp_rpc::__private::unknown_method(call),
            }
        }
    }
};
