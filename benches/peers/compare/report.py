"""Tables: medians over the rounds, and ratios within each round, because noise comes and goes with time."""
from statistics import median

from raw import cells

COLUMNS = (
    ("calls/s", "rate", "{:,.0f}"),
    ("p50 µs", "p50", "{:,.0f}"),
    ("p99 µs", "p99", "{:,.0f}"),
    ("p99.9 µs", "p999", "{:,.0f}"),
    ("client CPU µs", "client_cpu", "{:.1f}"),
    ("server CPU µs", "server_cpu", "{:.1f}"),
    ("broker CPU µs", "broker_cpu", "{:.1f}"),
    ("client switches", "client_switches", "{:.2f}"),
    ("server switches", "server_switches", "{:.2f}"),
    ("client MiB", "client_memory", "{:.1f}"),
    ("server MiB", "server_memory", "{:.1f}"),
)
RATIOS = (
    ("calls/s", lambda sample: sample["rate"]),
    ("p50", lambda sample: sample["p50"]),
    ("client + server CPU", lambda sample: sample["client_cpu"] + sample["server_cpu"]),
)
KIB = 1024


def tables(samples):
    """The text of the tables of one stage."""
    lines = []
    for (in_flight, size), rows in cells(samples).items():
        lines += ["", f"### {in_flight} in flight, {body(size)}", ""]
        lines += header("row", [title for title, _, _ in COLUMNS])
        lines += [line(name, [value(rounds, *column) for column in COLUMNS]) for name, rounds in rows.items()]
        first, *others = rows
        if others:
            lines += ["", *header(f"{first} against", [title for title, _ in RATIOS])]
            lines += [
                line(name, [ratio(rows[first], rows[name], of) for _, of in RATIOS]) for name in others
            ]
    return "\n".join(lines)


def body(size):
    if size is None:
        return "a number"
    for unit, name in ((KIB * KIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} B"


def header(first, titles):
    return [line(first, titles), "|" + "---|" * (len(titles) + 1)]


def line(first, values):
    return f"| {first} | {' | '.join(values)} |"


def value(rounds, _title, key, form):
    values = [sample[key] for sample in rounds.values() if key in sample]
    if not values:
        return ""
    middle = median(values)
    return form.format(middle / KIB if key.endswith("memory") else middle)


def ratio(first, other, of):
    """The median of the rounds' ratios, and between which the middle half lies."""
    ratios = sorted(of(first[round_]) / of(other[round_]) for round_ in first if round_ in other)
    if not ratios:
        return ""
    low, high = ratios[len(ratios) // 4], ratios[min(len(ratios) * 3 // 4, len(ratios) - 1)]
    return f"{digits(median(ratios))} × ({digits(low)}–{digits(high)})"


def digits(ratio):
    """Two digits after the point, or after its zeros."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"
