//! The outcome of a call or message, as its caller or publisher knows it.

/// The outcome of a call, as its caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    Answered,
    MethodError,
    /// The method ran, and its reply cannot be decoded.
    Undecodable,
    /// It has not run and never will.
    Never,
    /// The same, said by a server.
    Refused,
    Unknown,
    /// The caller dropped the call before it ended.
    Dropped,
}

impl CallOutcome {
    pub(crate) const ALL: [Self; 7] = [
        Self::Answered,
        Self::MethodError,
        Self::Undecodable,
        Self::Never,
        Self::Refused,
        Self::Unknown,
        Self::Dropped,
    ];

    pub(super) fn code(self) -> u64 {
        self as u64 + 1
    }

    pub(super) fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }

    pub(super) fn says_it_never_runs(self) -> bool {
        matches!(self, Self::Never | Self::Refused)
    }

    pub(super) fn says_it_ran(self) -> bool {
        matches!(self, Self::Answered | Self::MethodError | Self::Undecodable)
    }
}

/// The outcome of a one-way message, as its publisher knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublishOutcome {
    /// The broker has confirmed it.
    Confirmed,
    /// The broker has not taken it and never will.
    Never,
    Unknown,
    /// The publisher dropped the message before it was confirmed.
    Dropped,
}

impl PublishOutcome {
    pub(crate) const ALL: [Self; 4] = [Self::Confirmed, Self::Never, Self::Unknown, Self::Dropped];

    pub(super) fn code(self) -> u64 {
        self as u64 + 1
    }
}
