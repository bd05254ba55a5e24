"""Draws the raw file of a run: `python3 benches/peers/compare/plot.py RAW DIRECTORY` writes SVG files.

STAGE-rate.svg, STAGE-latency.svg and STAGE-cpu.svg; of stages with texts STAGE-sizes.svg.
"""
import os
import sys
from statistics import median

from raw import cells, read
from report import body
from svg import Drawing, Scale, short

LEFT, RIGHT, TOP, ROW = 190, 30, 70, 24
WIDTH = 860
# From light to dark: what is ordered, such as loads. Sides and rows have colours of different hue.
ORDERED = ("#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b")
SIDES = (("client", "#3182bd"), ("server", "#e6550d"), ("broker", "#bdbdbd"))
ROWS = ("#08519c", "#e6550d", "#31a354", "#756bb1", "#636363", "#d62790", "#8c6d31", "#17becf", "#bcbd22")


def middle(rounds, key):
    values = [sample[key] for sample in rounds.values() if key in sample]
    return median(values) if values else None


def frame(title, names, scale, unit):
    """A drawing with a line for each row, and the axis below."""
    height = TOP + ROW * len(names) + 50
    drawing = Drawing(WIDTH, height, title)
    bottom = TOP + ROW * len(names)
    for tick in scale.ticks():
        drawing.line(scale.at(tick), TOP - 6, scale.at(tick), bottom)
        drawing.text(scale.at(tick), bottom + 16, short(tick), size=11, anchor="middle")
    drawing.text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, unit, anchor="middle")
    for index, name in enumerate(names):
        drawing.text(LEFT - 10, row_at(index) + 4, name, anchor="end", weight="bold" if index == 0 else "normal")
    return drawing


def row_at(index):
    return TOP + ROW * index + ROW / 2


def across(values, logarithmic=True):
    return Scale(values, LEFT, WIDTH - RIGHT, logarithmic)


def rates(table, stage):
    """A dot for each load: calls per second of all rows."""
    names = list(next(iter(table.values())))
    points = [
        (names.index(name), load, middle(rounds, "rate"))
        for load, rows in enumerate(table.values())
        for name, rounds in rows.items()
        if name in names
    ]
    scale = across([rate for _, _, rate in points])
    drawing = frame(f"Calls per second: {stage['broker']}", names, scale, "calls per second (logarithmic)")
    colors = [ORDERED[min(load, len(ORDERED) - 1)] for load in range(len(table))]
    labels = [f"{in_flight} in flight" for in_flight, _ in table]
    drawing.legend(LEFT, 50, zip(labels, colors))
    for row in range(len(names)):
        of_row = [scale.at(rate) for index, _, rate in points if index == row]
        drawing.line(min(of_row), row_at(row), max(of_row), row_at(row), "#9ecae1", 2)
    for row, load, rate in points:
        drawing.circle(scale.at(rate), row_at(row), 5, colors[load])
    return drawing


def latencies(rows, stage, in_flight):
    """From the median to the call in a thousand."""
    keys = ("p50", "p99", "p999")
    medians = {name: [middle(rounds, key) for key in keys] for name, rounds in rows.items()}
    scale = across([value for values in medians.values() for value in values])
    title = f"Latency at {in_flight} in flight: {stage['broker']}"
    drawing = frame(title, list(medians), scale, "µs (logarithmic)")
    colors = (ORDERED[3], ORDERED[1], "#e6550d")
    drawing.legend(LEFT, 50, zip(("p50", "p99", "p99.9"), colors))
    for index, values in enumerate(medians.values()):
        drawing.line(scale.at(values[0]), row_at(index), scale.at(values[-1]), row_at(index), "#9ecae1", 2)
        for value, color in reversed(list(zip(values, colors))):
            drawing.circle(scale.at(value), row_at(index), 5, color)
    return drawing


def cpu(rows, stage, in_flight):
    """CPU per call, of each side, with the sum beside it. Bars of far more than most are cut."""
    medians = {
        name: [middle(rounds, f"{side}_cpu") or 0 for side, _ in SIDES] for name, rounds in rows.items()
    }
    sums = [sum(values) for values in medians.values()]
    longest = 3 * median(sums)
    scale = across([min(sum_, longest) for sum_ in sums], logarithmic=False)
    title = f"CPU per call at {in_flight} in flight: {stage['broker']}"
    drawing = frame(title, list(medians), scale, "µs of CPU per call")
    drawing.legend(LEFT, 50, SIDES)
    for index, values in enumerate(medians.values()):
        x = LEFT
        for value, (_, color) in zip(values, SIDES):
            end = min(x + scale.at(value) - LEFT, WIDTH - RIGHT)
            drawing.box(x, row_at(index) - 8, end - x, 16, color)
            x = end
        is_cut = sum(values) > scale.high
        label = f"{sum(values):,.0f}" + (" →" if is_cut else "")
        drawing.text(x - 6 if is_cut else x + 6, row_at(index) + 4, label, size=11, anchor="end" if is_cut else "start")
    return drawing


def sizes(table, stage):
    """A line for each row: calls per second by the length of the text."""
    lengths = [size for _, size in table]
    names = list(next(iter(table.values())))
    rates_of = {name: [middle(rows.get(name, {}), "rate") for rows in table.values()] for name in names}
    x = Scale([max(length, 1) for length in lengths], 80, WIDTH - 210)
    y = Scale([rate for values in rates_of.values() for rate in values if rate], 420, 60)
    drawing = Drawing(WIDTH, 480, f"Calls per second by length of the text: {stage['broker']}")
    for tick in y.ticks():
        drawing.line(80, y.at(tick), WIDTH - 210, y.at(tick))
        drawing.text(72, y.at(tick) + 4, short(tick), size=11, anchor="end")
    for length in lengths:
        drawing.text(x.at(length), 440, body(length), size=11, anchor="middle")
    in_flight = next(iter(table))[0]
    axis = f"length of request and reply; {in_flight} in flight; both axes logarithmic"
    drawing.text(330, 466, axis, anchor="middle")
    for index, (name, values) in enumerate(rates_of.items()):
        color = ROWS[index % len(ROWS)]
        points = [(x.at(length), y.at(rate)) for length, rate in zip(lengths, values) if rate]
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            drawing.line(x1, y1, x2, y2, color, 2)
        for point in points:
            drawing.circle(*point, 4, color)
        drawing.legend(WIDTH - 200, 80 + 22 * index, [(name, color)])
    return drawing


def drawings(stage, samples):
    """The drawings of a stage by the ends of their names."""
    table = cells(samples)
    if any(size is not None for _, size in table):
        return {"sizes": sizes(table, stage)}
    # The load that is shown alone is the one in the middle.
    in_flight, size = list(table)[len(table) // 2]
    rows = table[in_flight, size]
    return {
        "rate": rates(table, stage),
        "latency": latencies(rows, stage, in_flight),
        "cpu": cpu(rows, stage, in_flight),
    }


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    _, path, directory = sys.argv
    os.makedirs(directory, exist_ok=True)
    measured = [(stage, samples) for stage, samples in read(path) if samples]
    for stage, samples in measured:
        for name, drawing in drawings(stage, samples).items():
            file = os.path.join(directory, f"{stage['name']}-{name}.svg")
            drawing.write(file)
            print(file)


main()
