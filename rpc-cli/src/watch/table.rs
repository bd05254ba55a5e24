//! A snapshot as a table.

use comfy_table::{ContentArrangement, Table, presets};

use super::snapshot::Row;
use crate::output::printable;

const HEADERS: [&str; 8] =
    ["QUEUE", "ROLE", "WAITING", "CHANGE/S", "CONSUMERS", "CALLS/S", "IN FLIGHT", "ERRORS"];

pub(super) fn text(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEADERS);
    for row in rows {
        let waiting = row.waiting.map_or_else(|| "missing".to_owned(), |waiting| waiting.to_string());
        let signed = |change: f64| format!("{change:+}");
        let calls = row.calls;
        table.add_row([
            printable(&row.queue),
            row.role.to_owned(),
            waiting,
            row.change.map(signed).unwrap_or_default(),
            row.consumers.to_string(),
            calls.and_then(|calls| calls.per_second).map(|rate| rate.to_string()).unwrap_or_default(),
            calls.map(|calls| calls.in_flight.to_string()).unwrap_or_default(),
            calls.map(|calls| calls.errors.to_string()).unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::{super::snapshot::Calls, *};

    #[test]
    fn a_row_shows_what_is_known_and_steers_no_terminal() {
        let row = |queue: &str, waiting| Row {
            queue: queue.to_owned(),
            service: None,
            role: "requests",
            waiting,
            consumers: 2,
            change: waiting.map(|_| -1.5),
            calls: waiting.map(|_| Calls { per_second: Some(12.5), errors: 3, ..Calls::default() }),
        };
        let text = text(&[row("shop", Some(7)), row("gone\u{1b}[2J", None)]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["shop", "requests", "7", "-1.5", "2", "12.5", "0", "3"]);
        assert_eq!(lines[2], ["gone", "[2J", "requests", "missing", "2"]);
    }
}
