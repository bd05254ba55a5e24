//! Tables of medians.

/// Prints the titles of a table.
pub(crate) fn head(titles: &[&str]) {
    println!("\n{}\n{}", titles.join(" | "), vec!["---"; titles.len()].join("|"));
}

/// Prints the medians of the rounds, each of which has one number a column.
pub(crate) fn row<const COLUMNS: usize>(size: usize, rounds: &[[f64; COLUMNS]]) {
    let medians: Vec<_> =
        (0..COLUMNS).map(|column| median(rounds.iter().map(|round| round[column]).collect())).collect();
    let numbers: Vec<_> = medians.into_iter().map(readable).collect();
    println!("{size} | {}", numbers.join(" | "));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Three digits, or all before the point.
fn readable(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
