//! Typed calls, seen from both sides: options, deadlines, validation, errors and faults.

mod contract;
mod deadlines;
mod faults;
mod foreign_errors;
mod inherited;
mod load;
mod margins;
mod options;
mod validation;
