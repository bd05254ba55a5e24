"""Writes SVG: shapes, and axes with a logarithmic scale."""
import math
from html import escape

FONT = "font-family='sans-serif'"
INK = "#222222"
GRID = "#dddddd"


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.shapes = [f"<rect width='{width}' height='{height}' fill='white'/>"]
        self.text(16, 26, title, size=16, weight="bold")

    def text(self, x, y, text, size=12, anchor="start", color=INK, weight="normal"):
        self.shapes.append(
            f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' {FONT} text-anchor='{anchor}' fill='{color}' "
            f"font-weight='{weight}'>{escape(text)}</text>"
        )

    def line(self, x1, y1, x2, y2, color=GRID, width=1.0):
        self.shapes.append(
            f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{color}' stroke-width='{width}'/>"
        )

    def circle(self, x, y, radius, color):
        self.shapes.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius}' fill='{color}'/>")

    def box(self, x, y, width, height, color):
        self.shapes.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(width, 0):.1f}' height='{height:.1f}' fill='{color}'/>"
        )

    def legend(self, x, y, entries):
        """Names with their colours, in one line."""
        for name, color in entries:
            self.circle(x + 5, y - 4, 5, color)
            self.text(x + 15, y, name)
            x += 26 + 7.2 * len(name)

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            size = f"width='{self.width}' height='{self.height}' viewBox='0 0 {self.width} {self.height}'"
            file.write(f"<svg xmlns='http://www.w3.org/2000/svg' {size}>\n")
            file.write("\n".join(self.shapes) + "\n</svg>\n")


class Scale:
    """Places values between two coordinates; logarithmic, or linear from zero."""

    def __init__(self, values, start, end, logarithmic=True):
        low, high = min(values), max(values)
        self.start, self.end, self.logarithmic = start, end, logarithmic
        if logarithmic:
            self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))
            self.high = max(self.high, self.low + 1)
        else:
            self.low, self.high = 0, nice(high)

    def at(self, value):
        value = math.log10(value) if self.logarithmic else value
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self):
        if self.logarithmic:
            return [10**power for power in range(self.low, self.high + 1)]
        return [self.high * part / 5 for part in range(6)]


def nice(value):
    """The next 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value)


def short(value):
    """A number for an axis."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
