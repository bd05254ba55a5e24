//! Layers: the built-in ones, those of a client, and those of tower and OpenTelemetry.

mod builtin;
mod client;
mod opentelemetry;
mod tower;
mod trace_and_metrics;
