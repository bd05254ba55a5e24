//! How much of a description a page shows. What is beyond is cut, and the page says so.

/// The bytes of a page after which no method is begun.
pub(super) const PAGE: usize = 4 << 20;
/// The methods of a page.
pub(super) const METHODS: usize = 2_000;
/// The named types of a service.
pub(super) const TYPES: usize = 500;
/// The rows of a table.
pub(super) const ROWS: usize = 200;
/// The levels of objects within objects that a table shows.
pub(super) const LEVELS: usize = 4;
/// The levels of a type in words, as in `list of lists of numbers`.
pub(super) const TYPE_LEVELS: usize = 6;
/// The alternatives of a type, or its listed values, in words.
pub(super) const ALTERNATIVES: usize = 20;
/// The references that are followed to find what a name stands for.
pub(super) const REFERENCES: usize = 8;
/// The characters of a name.
pub(super) const NAME: usize = 200;
/// The characters of what is said in a cell of a table.
pub(super) const CELL: usize = 1_000;
/// The characters of a documentation.
pub(super) const DOCS: usize = 10_000;
/// The bytes of JSON in a block.
pub(super) const JSON: usize = 8_000;
/// The levels of JSON in a block.
pub(super) const JSON_LEVELS: usize = 64;
/// The bytes of a body in a command.
pub(super) const COMMAND: usize = 1_000;
