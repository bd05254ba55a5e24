"""What the Python peers share: the lines that they read and write, and the latencies of a load.

As in benches/harness: a child says `ready`, reads loads, `CALLS_IN_FLIGHT SECONDS [CALLS|- [BYTES]]`, and
answers each with `CALLS ELAPSED P50 P99 P99.9` in nanoseconds. It ends when its standard input ends.
"""
import sys
import time
from array import array
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    calls_in_flight: int
    seconds: float

    @staticmethod
    def read(line):
        words = line.split()
        if len(words) > 3:
            raise ValueError("the Python peers echo numbers only")
        return Load(int(words[0]), float(words[1]))


class Latencies:
    """The calls of one load, from its beginning."""

    def __init__(self, load):
        self.nanoseconds = array("Q")
        self.begin = time.perf_counter_ns()
        self.end = self.begin + int(load.seconds * 1e9)

    def record(self, started):
        """Counts a call; whether the load goes on."""
        now = time.perf_counter_ns()
        self.nanoseconds.append(now - started)
        return now < self.end

    def report(self):
        elapsed = time.perf_counter_ns() - self.begin
        ordered = sorted(self.nanoseconds)
        quantiles = (ordered[int(len(ordered) * quantile)] for quantile in (0.5, 0.99, 0.999))
        say(f"{len(ordered)} {elapsed} {' '.join(map(str, quantiles))}")


def check(n, answer):
    if answer != n:
        raise RuntimeError(f"the echo of {n} was {answer!r}")


def say(line):
    print(line, flush=True)


def side():
    if len(sys.argv) != 2 or sys.argv[1] not in ("server", "client"):
        sys.exit(f"usage: {sys.argv[0]} server|client")
    return sys.argv[1]
