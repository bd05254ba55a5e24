//! The rules of docs/compatibility.md.

use std::fmt;

use serde::Serialize;

/// A kind of change. The page docs/compatibility.md says of each whom it breaks, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A service is new.
    ServiceAdded,
    /// A service is gone.
    ServiceRemoved,
    /// A method is new.
    MethodAdded,
    /// A method is gone.
    MethodRemoved,
    /// A call became a notification or an event, or the reverse.
    KindChanged,
    /// Requests go to another exchange.
    ExchangeChanged,
    /// Requests have another routing key.
    RoutingKeyChanged,
    /// Requests wait in another queue.
    QueueChanged,
    /// A body became the value of the only parameter, or an object with its name.
    BodyLayoutChanged,
    /// A body became bytes, or a value.
    BytesChanged,
    /// A method may return an error of its own.
    ErrorAdded,
    /// A method has no error of its own any more.
    ErrorRemoved,
    /// Requests need an idempotency key.
    DeduplicationAdded,
    /// Repeats are not recognised any more.
    DeduplicationRemoved,
    /// A method promises more about running twice.
    RepetitionStrengthened,
    /// A method promises less about running twice.
    RepetitionWeakened,
    /// Requests are distributed over another number of partitions.
    PartitionsChanged,
    /// The lock of a method is another one of the cluster, with as many partitions.
    ClusterLockChanged,
    /// The lock of a method within a process changed.
    LockChanged,
    /// The timeout that the contract declares changed.
    TimeoutChanged,
    /// Whether the server cancels late calls changed.
    CancellationChanged,
    /// A service or a method is deprecated, or not any more.
    DeprecationChanged,
    /// The documentation or the examples changed.
    DocumentationChanged,
    /// A field that may be missing is new.
    OptionalFieldAdded,
    /// A field that must be there is new.
    RequiredFieldAdded,
    /// A field that may be missing is gone.
    OptionalFieldRemoved,
    /// A field that had to be there is gone.
    RequiredFieldRemoved,
    /// A field must be there now.
    FieldBecameRequired,
    /// A field may be missing now.
    FieldBecameOptional,
    /// A field has another name, and its old one is an alias.
    FieldRenamedWithAlias,
    /// A listed value is new.
    ValueAdded,
    /// A listed value is gone.
    ValueRemoved,
    /// A variant of a union is new.
    VariantAdded,
    /// A variant of a union is gone.
    VariantRemoved,
    /// A value has another type.
    TypeChanged,
    /// A value may have further types.
    TypeWidened,
    /// A value may have fewer types.
    TypeNarrowed,
    /// A limit allows more.
    LimitWidened,
    /// A limit allows less.
    LimitNarrowed,
    /// A pattern, a format or another constraint is new.
    ConstraintAdded,
    /// A pattern, a format or another constraint is gone.
    ConstraintRemoved,
    /// A pattern, a format or another constraint is another one.
    ConstraintChanged,
    /// Members that are not named are refused now.
    UnknownMembersRefused,
    /// Members that are not named are allowed now.
    UnknownMembersAllowed,
    /// A value became a secret, or ceased to be one.
    SecretChanged,
    /// A schema cannot be read.
    UnreadableSchema,
    /// The descriptions are too large to compare them to the end.
    TooLarge,
}

impl Rule {
    /// All rules, in the order of the page.
    pub(super) const ALL: [(Self, &'static str); 47] = [
        (Self::ServiceAdded, "service-added"),
        (Self::ServiceRemoved, "service-removed"),
        (Self::MethodAdded, "method-added"),
        (Self::MethodRemoved, "method-removed"),
        (Self::KindChanged, "kind-changed"),
        (Self::ExchangeChanged, "exchange-changed"),
        (Self::RoutingKeyChanged, "routing-key-changed"),
        (Self::QueueChanged, "queue-changed"),
        (Self::BodyLayoutChanged, "body-layout-changed"),
        (Self::BytesChanged, "bytes-changed"),
        (Self::ErrorAdded, "error-added"),
        (Self::ErrorRemoved, "error-removed"),
        (Self::DeduplicationAdded, "deduplication-added"),
        (Self::DeduplicationRemoved, "deduplication-removed"),
        (Self::RepetitionStrengthened, "repetition-strengthened"),
        (Self::RepetitionWeakened, "repetition-weakened"),
        (Self::PartitionsChanged, "partitions-changed"),
        (Self::ClusterLockChanged, "cluster-lock-changed"),
        (Self::LockChanged, "lock-changed"),
        (Self::TimeoutChanged, "timeout-changed"),
        (Self::CancellationChanged, "cancellation-changed"),
        (Self::DeprecationChanged, "deprecation-changed"),
        (Self::DocumentationChanged, "documentation-changed"),
        (Self::OptionalFieldAdded, "optional-field-added"),
        (Self::RequiredFieldAdded, "required-field-added"),
        (Self::OptionalFieldRemoved, "optional-field-removed"),
        (Self::RequiredFieldRemoved, "required-field-removed"),
        (Self::FieldBecameRequired, "field-became-required"),
        (Self::FieldBecameOptional, "field-became-optional"),
        (Self::FieldRenamedWithAlias, "field-renamed-with-alias"),
        (Self::ValueAdded, "value-added"),
        (Self::ValueRemoved, "value-removed"),
        (Self::VariantAdded, "variant-added"),
        (Self::VariantRemoved, "variant-removed"),
        (Self::TypeChanged, "type-changed"),
        (Self::TypeWidened, "type-widened"),
        (Self::TypeNarrowed, "type-narrowed"),
        (Self::LimitWidened, "limit-widened"),
        (Self::LimitNarrowed, "limit-narrowed"),
        (Self::ConstraintAdded, "constraint-added"),
        (Self::ConstraintRemoved, "constraint-removed"),
        (Self::ConstraintChanged, "constraint-changed"),
        (Self::UnknownMembersRefused, "unknown-members-refused"),
        (Self::UnknownMembersAllowed, "unknown-members-allowed"),
        (Self::SecretChanged, "secret-changed"),
        (Self::UnreadableSchema, "unreadable-schema"),
        (Self::TooLarge, "too-large"),
    ];

    /// The name on the page and in reports, such as `method-added`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(rule, _)| *rule == self).map_or("", |(_, name)| name)
    }

    /// Texts are all that changes.
    pub(super) fn is_about_texts(self) -> bool {
        self == Self::DocumentationChanged
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
