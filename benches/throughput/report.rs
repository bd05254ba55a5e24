//! Tables: medians over the rounds, and ratios within each round, because noise comes and goes with time.

use std::time::Duration;

use crate::{options::Options, variant::Variant};

/// One measurement; times in µs, CPU in µs per call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) calls_per_second: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) client_cpu: f64,
    pub(crate) server_cpu: f64,
    pub(crate) broker_cpu: Option<f64>,
}

pub(crate) fn head(options: &Options) {
    let seconds = options.duration.as_secs_f64();
    println!("Medians of {} rounds of {seconds} s; CPU is µs per call.", options.rounds);
}

/// `samples[v][r]` is the measurement of variant `v` in round `r`. The first variant is compared with the
/// others.
pub(crate) fn table(calls_in_flight: usize, variants: &[Variant], samples: &[Vec<Sample>]) {
    println!(
        "\n{calls_in_flight} in flight | calls/s | p50 µs | p99 µs | p99.9 µs | client CPU | server CPU | broker CPU"
    );
    println!("---|---|---|---|---|---|---|---");
    for (variant, rounds) in variants.iter().zip(samples) {
        let of = |what: fn(&Sample) -> f64| median(rounds.iter().map(what).collect());
        let broker: Option<Vec<f64>> = rounds.iter().map(|sample| sample.broker_cpu).collect();
        println!(
            "{} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {}",
            variant.name(),
            of(|sample| sample.calls_per_second),
            of(|sample| sample.median),
            of(|sample| sample.p99),
            of(|sample| sample.p999),
            of(|sample| sample.client_cpu),
            of(|sample| sample.server_cpu),
            broker.map_or("unknown".into(), |rounds| format!("{:.1}", median(rounds))),
        );
    }
    if variants.len() > 1 {
        println!("\n{} / … | calls/s | p50 | client CPU | client + server CPU", variants[0].name());
        println!("---|---|---|---|---");
    }
    for (variant, rounds) in variants.iter().zip(samples).skip(1) {
        let ratio = |what: fn(&Sample) -> f64| {
            let both = samples[0].iter().zip(rounds);
            spread(both.map(|(first, other)| what(first) / what(other)).collect())
        };
        println!(
            "{} | {} | {} | {} | {}",
            variant.name(),
            ratio(|sample| sample.calls_per_second),
            ratio(|sample| sample.median),
            ratio(|sample| sample.client_cpu),
            ratio(|sample| sample.client_cpu + sample.server_cpu),
        );
    }
}

pub(crate) fn failure(what: &str, times: &[Duration]) {
    let milliseconds: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    let largest = milliseconds.iter().copied().fold(0.0, f64::max);
    println!("\n{what}: median {:.2} ms, largest {largest:.2} ms of {}", median(milliseconds), times.len());
}

/// The median, and between which the middle half lies.
fn spread(mut ratios: Vec<f64>) -> String {
    ratios.sort_unstable_by(f64::total_cmp);
    let low = ratios[ratios.len() / 4];
    let high = ratios[(ratios.len() * 3 / 4).min(ratios.len() - 1)];
    format!("{:.3} ({low:.3}–{high:.3})", median(ratios))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 if middle > 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}
