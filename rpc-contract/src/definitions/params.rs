//! The parameters of a method, as they travel.

/// The parameters of a method, as they travel: their layout in the body, and their names.
///
/// A name is the one that the method reads, so that of `#[serde(rename = "..")]` or
/// `#[serde(rename(deserialize = "..")]` if there is one. An alias is not among the names. A parameter that
/// does not travel has no name: the context, and what serde skips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Params {
    /// The definition does not say, as one that was written by hand.
    #[default]
    Unknown,
    /// The body is an object with a member for each of these, in the order of the method's parameters.
    ///
    /// The members of a parameter with `#[serde(flatten)]` are known only to its type. The names end before the
    /// first such parameter, so that the position of each is that of its parameter: from there on, parameters
    /// have names that are not listed, and no positions.
    Named(&'static [&'static str]),
    /// The body is the value of the single parameter, which has this name: a method with `#[rpc(bare)]`.
    Bare(&'static str),
}
