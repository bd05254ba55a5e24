/// Everything about files.
///
/// In two paragraphs.
pub trait Files: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Reads a file.
    #[cfg(unix)]
    #[deprecated(since = "1.2.0", note = "use `open`")]
    fn read(
        &self,
        cx: &Context,
        path: String,
        offset: Offset,
    ) -> impl ::core::future::Future<
        Output = Result<Page, FileError>,
    > + ::core::marker::Send;
    #[cfg_attr(docsrs, doc = "Sends it.")]
    fn put(
        &self,
        file: File,
    ) -> impl ::core::future::Future<Output = io::Result<()>> + ::core::marker::Send;
    fn raw(
        &self,
        body: Bytes,
    ) -> impl ::core::future::Future<Output = Bytes> + ::core::marker::Send;
    fn trim(
        &self,
        file: File,
        length: u64,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn changed(
        &self,
        path: String,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}
#[cfg(unix)]
/// The request of [`Files::read`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> Offset: ::amqp_rpc::__private::WireType"
)]
#[derive(::garde::Validate)]
#[garde(allow_unvalidated)]
#[allow(deprecated)]
pub struct FilesReadRequest {
    /// Where it is.
    #[garde(length(max = 255))]
    pub path: String,
    /// The parameter `offset`.
    #[serde(default)]
    pub offset: Offset,
}
#[cfg(unix)]
impl FilesReadRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.read",
        )
        .params(::amqp_rpc::__private::Params::Named(&["path", "offset"]));
}
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
    pub Page,
);
/// The request of [`Files::put`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    transparent,
    bound = "for<'wire> File: ::amqp_rpc::__private::WireType"
)]
#[allow(deprecated)]
pub struct FilesPutRequest {
    /// The parameter `file`.
    pub file: File,
}
impl FilesPutRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.put",
        )
        .params(::amqp_rpc::__private::Params::Bare("file"));
}
/// The response of [`Files::put`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(deprecated)]
pub struct FilesPutResponse(
    /// The value.
    pub <io::Result<()> as ::amqp_rpc::__private::Fallible>::Value,
);
/// The request of [`Files::raw`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    transparent,
    bound = "for<'wire> Bytes: ::amqp_rpc::__private::WireType"
)]
#[allow(deprecated)]
pub struct FilesRawRequest {
    /// The parameter `body`.
    pub body: Bytes,
}
impl FilesRawRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.raw",
        )
        .params(::amqp_rpc::__private::Params::Bare("body"))
        .reading_anything();
}
/// The response of [`Files::raw`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(deprecated)]
pub struct FilesRawResponse(
    /// The value.
    pub Bytes,
);
/// The request of [`Files::trim`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(
    crate = "::amqp_rpc::__private::serde",
    bound = "for<'wire> File: ::amqp_rpc::__private::WireType"
)]
#[allow(deprecated)]
pub struct FilesTrimRequest {
    /// The parameter `file`.
    pub file: File,
    /// The parameter `length`.
    #[serde(alias = "len")]
    pub length: u64,
}
impl FilesTrimRequest {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.trim",
        )
        .params(::amqp_rpc::__private::Params::Named(&["file", "length"]))
        .lock(::amqp_rpc::__private::LockDef::new("file.id"));
}
/// The response of [`Files::trim`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde", transparent)]
#[allow(deprecated)]
pub struct FilesTrimResponse(
    /// The value.
    pub (),
);
/// The event [`Files::changed`].
#[derive(
    ::amqp_rpc::__private::serde::Serialize,
    ::amqp_rpc::__private::serde::Deserialize
)]
#[serde(crate = "::amqp_rpc::__private::serde")]
#[allow(deprecated)]
pub struct FilesChanged {
    /// The parameter `path`.
    pub path: String,
}
impl FilesChanged {
    /// The name, the address and the delivery settings of the method.
    pub const METHOD: &'static ::amqp_rpc::__private::MethodDef = &::amqp_rpc::__private::MethodDef::new(
            "files",
            "files.changed",
        )
        .event()
        .params(::amqp_rpc::__private::Params::Named(&["path"]));
}
#[allow(deprecated)]
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
    #[cfg(unix)]
    const _: () = {
        struct __Types(
            __Travels<String>,
            __Travels<Offset>,
            __IsResult<Result<Page, FileError>>,
            __Travels<Page>,
            __Travels<FileError>,
        );
    };
    const _: () = {
        struct __Types(
            __Travels<File>,
            __IsResult<io::Result<()>>,
            __Travels<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Value>,
            __Travels<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Error>,
        );
    };
    const _: () = {
        struct __Types(__Travels<Bytes>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < Bytes > ::IS_RESULT,
            "`raw` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types(__Travels<u64>, __Travels<()>);
        const _: () = ::core::assert!(
            ! ::amqp_rpc::__private::Probe:: < () > ::IS_RESULT,
            "`trim` returns an alias of `Result` under another name; spell it `Result<T, E>`, so that its error reaches the caller"
        );
    };
    const _: () = {
        struct __Types(__Travels<String>);
    };
    #[cfg(unix)]
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesReadRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesReadResponse;
        type Error = FileError;
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
        type Value = Page;
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
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesPutRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesPutResponse;
        type Error = <io::Result<()> as ::amqp_rpc::__private::Fallible>::Error;
        #[inline]
        fn error_text(
            __error: &Self::Error,
        ) -> ::core::option::Option<::std::string::String> {
            use ::amqp_rpc::__private::NoErrorText as _;
            ::amqp_rpc::__private::ErrorText::<Self::Error>::error_text(__error)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesPutRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FilesPutRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesPutResponse {
        type Value = <io::Result<()> as ::amqp_rpc::__private::Fallible>::Value;
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesPutResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesPutResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesRawRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesRawResponse;
        type Error = ::amqp_rpc::__private::NoError;
        fn to_raw(&self) -> ::core::option::Option<::amqp_rpc::__private::Bytes> {
            ::core::option::Option::Some(
                <Bytes as ::amqp_rpc::__private::RawBody>::to_body(&self.body),
            )
        }
        fn from_raw(
            __body: ::amqp_rpc::__private::Bytes,
        ) -> ::core::result::Result<Self, ::amqp_rpc::__private::Bytes> {
            ::core::result::Result::Ok(Self {
                body: <Bytes as ::amqp_rpc::__private::RawBody>::from_body(__body),
            })
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesRawRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FilesRawRequest"),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesRawResponse {
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
    impl ::core::fmt::Debug for FilesRawResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesRawResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesTrimRequest {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = FilesTrimResponse;
        type Error = ::amqp_rpc::__private::NoError;
        fn lock_key(
            &self,
        ) -> ::core::option::Option<::amqp_rpc::__private::Cow<'_, str>> {
            ::core::option::Option::Some(
                ::amqp_rpc::__private::LockKey::lock_key(&self.file.id),
            )
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesTrimRequest {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesTrimRequest",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Response for FilesTrimResponse {
        type Value = ();
        fn from_value(__value: Self::Value) -> Self {
            Self(__value)
        }
        fn into_value(self) -> Self::Value {
            self.0
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesTrimResponse {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(
                    __formatter,
                    "FilesTrimResponse",
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Request for FilesChanged {
        const METHOD: &'static ::amqp_rpc::__private::MethodDef = Self::METHOD;
        type Response = ::amqp_rpc::__private::NoReply;
        type Error = ::amqp_rpc::__private::NoError;
    }
    #[automatically_derived]
    impl ::amqp_rpc::__private::Event for FilesChanged {}
    #[automatically_derived]
    impl ::core::fmt::Debug for FilesChanged {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::DebugStruct::finish_non_exhaustive(
                &mut ::core::fmt::Formatter::debug_struct(__formatter, "FilesChanged"),
            )
        }
    }
};
::amqp_rpc::__private::with_schema! {
    /// Describes [`Files`]: its methods, and the schemas of their messages.
    #[must_use]
    #[allow(deprecated)]
    pub fn files_description() -> ::amqp_rpc::__private::ServiceDescription {
        let mut __service = ::amqp_rpc::__private::Describe::new(
            "files",
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[" Everything about files.", "", " In two paragraphs."],
            &[],
        );
        #[cfg(unix)]
        ::amqp_rpc::__private::Describe::method(
                &mut __service,
                FilesReadRequest::METHOD,
                &[" Reads a file."],
                &[
                    (
                        ::core::option::Option::Some("1.2.0"),
                        ::core::option::Option::Some("use `open`"),
                    ),
                ],
            )
            .request::<FilesReadRequest>()
            .reply::<Page>()
            .error::<FileError>();
        ::amqp_rpc::__private::Describe::method(
                &mut __service,
                FilesPutRequest::METHOD,
                &[#[cfg(docsrs)] "Sends it."],
                &[],
            )
            .request::<FilesPutRequest>()
            .reply::<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Value>()
            .error::<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Error>();
        ::amqp_rpc::__private::Describe::method(
                &mut __service,
                FilesRawRequest::METHOD,
                &[],
                &[],
            )
            .raw_reply();
        ::amqp_rpc::__private::Describe::method(
                &mut __service,
                FilesTrimRequest::METHOD,
                &[],
                &[],
            )
            .request::<FilesTrimRequest>()
            .lock_key("file.id")
            .reply::<()>();
        ::amqp_rpc::__private::Describe::method(
                &mut __service,
                FilesChanged::METHOD,
                &[],
                &[],
            )
            .request::<FilesChanged>();
        ::amqp_rpc::__private::Describe::finish(__service)
    }
    #[allow(deprecated)]
    const _: () = {
        struct __IsDescribed<T: ?::core::marker::Sized + ::amqp_rpc::__private::SchemaType>(
            ::core::marker::PhantomData<T>,
        );
        #[cfg(unix)]
        const _: () = {
            struct __Types(
                __IsDescribed<String>,
                __IsDescribed<Page>,
                __IsDescribed<FileError>,
            );
        };
        const _: () = {
            struct __Types(
                __IsDescribed<File>,
                __IsDescribed<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Value>,
                __IsDescribed<<io::Result<()> as ::amqp_rpc::__private::Fallible>::Error>,
            );
        };
        const _: () = {
            struct __Types(__IsDescribed<u64>, __IsDescribed<()>);
        };
        const _: () = {
            struct __Types(__IsDescribed<String>);
        };
        #[cfg(unix)]
        const _: () = {
            #[derive(::amqp_rpc::__private::JsonSchema)]
            #[schemars(crate = "::amqp_rpc::__private::schemars")]
            struct __Parameters {
                /// Where it is.
                #[garde(length(max = 255))]
                path: String,
                #[serde(default)]
                #[schemars(with = "u64")]
                offset: Offset,
            }
            #[automatically_derived]
            impl ::amqp_rpc::__private::JsonSchema for FilesReadRequest {
                fn schema_name() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed("FilesReadRequest")
                }
                fn schema_id() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed(
                        ::core::concat!(::core::module_path!(), "::", "FilesReadRequest"),
                    )
                }
                fn json_schema(
                    __generator: &mut ::amqp_rpc::__private::SchemaGenerator,
                ) -> ::amqp_rpc::__private::Schema {
                    <__Parameters as ::amqp_rpc::__private::JsonSchema>::json_schema(
                        __generator,
                    )
                }
            }
        };
        const _: () = {
            #[derive(::amqp_rpc::__private::JsonSchema)]
            #[schemars(
                crate = "::amqp_rpc::__private::schemars",
                bound = "for<'wire> File: ::amqp_rpc::__private::SchemaType"
            )]
            struct __Parameters(File);
            #[automatically_derived]
            impl ::amqp_rpc::__private::JsonSchema for FilesPutRequest
            where
                for<'wire> File: ::amqp_rpc::__private::SchemaType,
            {
                fn schema_name() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed("FilesPutRequest")
                }
                fn schema_id() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed(
                        ::core::concat!(::core::module_path!(), "::", "FilesPutRequest"),
                    )
                }
                fn json_schema(
                    __generator: &mut ::amqp_rpc::__private::SchemaGenerator,
                ) -> ::amqp_rpc::__private::Schema {
                    <__Parameters as ::amqp_rpc::__private::JsonSchema>::json_schema(
                        __generator,
                    )
                }
            }
        };
        const _: () = {
            #[derive(::amqp_rpc::__private::JsonSchema)]
            #[schemars(
                crate = "::amqp_rpc::__private::schemars",
                bound = "for<'wire> File: ::amqp_rpc::__private::SchemaType"
            )]
            struct __Parameters {
                file: File,
                #[serde(alias = "len")]
                #[schemars(extend("x-aliases" = ["len"]))]
                length: u64,
            }
            #[automatically_derived]
            impl ::amqp_rpc::__private::JsonSchema for FilesTrimRequest
            where
                for<'wire> File: ::amqp_rpc::__private::SchemaType,
            {
                fn schema_name() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed("FilesTrimRequest")
                }
                fn schema_id() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed(
                        ::core::concat!(::core::module_path!(), "::", "FilesTrimRequest"),
                    )
                }
                fn json_schema(
                    __generator: &mut ::amqp_rpc::__private::SchemaGenerator,
                ) -> ::amqp_rpc::__private::Schema {
                    <__Parameters as ::amqp_rpc::__private::JsonSchema>::json_schema(
                        __generator,
                    )
                }
            }
        };
        const _: () = {
            #[derive(::amqp_rpc::__private::JsonSchema)]
            #[schemars(crate = "::amqp_rpc::__private::schemars")]
            struct __Parameters {
                path: String,
            }
            #[automatically_derived]
            impl ::amqp_rpc::__private::JsonSchema for FilesChanged {
                fn schema_name() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed("FilesChanged")
                }
                fn schema_id() -> ::amqp_rpc::__private::Cow<'static, str> {
                    ::amqp_rpc::__private::Cow::Borrowed(
                        ::core::concat!(::core::module_path!(), "::", "FilesChanged"),
                    )
                }
                fn json_schema(
                    __generator: &mut ::amqp_rpc::__private::SchemaGenerator,
                ) -> ::amqp_rpc::__private::Schema {
                    <__Parameters as ::amqp_rpc::__private::JsonSchema>::json_schema(
                        __generator,
                    )
                }
            }
        };
        let _ = files_description;
    };
}
::amqp_rpc::__private::with_runtime! { pub [FilesClient FilesServer] {
    /// Calls a remote [`Files`].
    ///
    /// Cheap to clone; clones share the connection.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    #[allow(deprecated)]
    pub struct FilesClient {
        client: ::amqp_rpc::__private::TypedClient,
    }
    #[allow(deprecated)]
    const _: () = {
        fn body() {}
        fn client() {}
        fn file() {}
        fn length() {}
        fn offset() {}
        fn options() {}
        fn path() {}
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
            /// Resolves to `Result<Page, CallError<FileError>>`.
            #[deprecated(since = "1.2.0", note = "use `open`")]
            pub fn read(
                &self,
                path: String,
                offset: Offset,
            ) -> ::amqp_rpc::__private::Call<FilesReadRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FilesReadRequest { path, offset },
                )
            }
            #[cfg_attr(docsrs, doc = "Sends it.")]
            ///
            /// Resolves to the value of `io::Result<()>`, or a `CallError` of its error.
            pub fn put(&self, file: File) -> ::amqp_rpc::__private::Call<FilesPutRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FilesPutRequest { file },
                )
            }
            /// Calls [`Files::raw`].
            ///
            /// Resolves to `Result<Bytes, CallError<NoError>>`.
            pub fn raw(&self, body: Bytes) -> ::amqp_rpc::__private::Call<FilesRawRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FilesRawRequest { body },
                )
            }
            /// Calls [`Files::trim`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`. Runs one at a time for each `file.id`.
            pub fn trim(
                &self,
                file: File,
                length: u64,
            ) -> ::amqp_rpc::__private::Call<FilesTrimRequest> {
                ::amqp_rpc::__private::TypedClient::call(
                    &self.client,
                    FilesTrimRequest { file, length },
                )
            }
            /// Publishes [`Files::changed`].
            ///
            /// Resolves to `Result<(), CallError<NoError>>`, when the broker has confirmed the message.
            pub fn changed(
                &self,
                path: String,
            ) -> ::amqp_rpc::__private::Call<FilesChanged> {
                ::amqp_rpc::__private::TypedClient::call(&self.client, FilesChanged { path })
            }
        }
    };
    /// Serves an implementation of [`Files`].
    #[allow(deprecated)]
    pub struct FilesServer<S> {
        service: ::amqp_rpc::__private::Arc<S>,
    }
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
                        FilesPutRequest::METHOD,
                        FilesRawRequest::METHOD,
                        FilesTrimRequest::METHOD,
                        FilesChanged::METHOD,
                    ],
                )
                .version(::core::option_env!("CARGO_PKG_VERSION"));
            const DESCRIBE: ::core::option::Option<
                fn() -> ::amqp_rpc::__private::ServiceDescription,
            > = ::amqp_rpc::__private::described!(files_description);
            fn locked_methods(
                &self,
            ) -> ::std::vec::Vec<::amqp_rpc::__private::LockedMethod> {
                ::std::vec::Vec::from([::amqp_rpc::__private::locked::<FilesTrimRequest>()])
            }
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
                                    <S as Files>::read(
                                            &*__service,
                                            &__context,
                                            __request.path,
                                            __request.offset,
                                        )
                                        .await,
                                    FilesReadResponse,
                                )
                            },
                        )
                    }
                    "files.put" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FilesPutRequest, __context| async move {
                                ::core::result::Result::map(
                                    <S as Files>::put(&*__service, __request.file).await,
                                    FilesPutResponse,
                                )
                            },
                        )
                    }
                    "files.raw" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FilesRawRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FilesRawResponse(
                                        <S as Files>::raw(&*__service, __request.body).await,
                                    ),
                                )
                            },
                        )
                    }
                    "files.trim" => {
                        ::amqp_rpc::__private::serve(
                            __call,
                            move |__request: FilesTrimRequest, __context| async move {
                                ::core::result::Result::<
                                    _,
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    FilesTrimResponse(
                                        <S as Files>::trim(
                                                &*__service,
                                                __request.file,
                                                __request.length,
                                            )
                                            .await,
                                    ),
                                )
                            },
                        )
                    }
                    "files.changed" => {
                        ::amqp_rpc::__private::serve_one_way(
                            __call,
                            move |__request: FilesChanged, __context| async move {
                                ::core::result::Result::<
                                    (),
                                    ::amqp_rpc::__private::NoError,
                                >::Ok(
                                    <S as Files>::changed(&*__service, __request.path).await,
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
