"""Runs one stage: all rows take turns in every round, in reversed order on alternate rounds."""
import os
import sys

from pair import Broken, Pair
from rows import all_rows, with_settings


def run(stage, broker, raw):
    """The measurements. A row that breaks is left out from then on, and said."""
    chosen = with_settings(rows_of(stage), stage.codecs, stage.queue_types)
    pairs = []
    samples = []
    try:
        for row in chosen:
            try:
                pairs.append(Pair(row))
            except Broken as reason:
                say(f"{row.name} does not start: {reason}")
        for round_ in range(stage.rounds):
            for size in stage.sizes:
                for in_flight in stage.in_flight:
                    in_turn = pairs if round_ % 2 == 0 else pairs[::-1]
                    for pair in list(in_turn):
                        sample = measured(pair, stage, in_flight, size, broker)
                        if sample is None:
                            pair.end()
                            pairs.remove(pair)
                            continue
                        sample |= {"row": pair.row.name, "in_flight": in_flight, "size": size, "round": round_}
                        raw.write("sample", **sample)
                        samples.append(sample)
            say(f"{stage.name}: round {round_ + 1} of {stage.rounds}, load average {os.getloadavg()[0]:.1f}")
    finally:
        for pair in pairs:
            pair.end()
    return samples


def measured(pair, stage, in_flight, size, broker):
    try:
        return pair.measure(in_flight, size, stage.seconds, stage.warm_up, broker)
    except Broken as reason:
        say(f"{pair.row.name} is left out from here on: {in_flight} in flight, size {size}: {reason}")
        return None


def rows_of(stage):
    by_name = {row.name: row for row in all_rows()}
    unknown = [name for name in stage.rows if name not in by_name]
    if unknown:
        sys.exit(f"compare: there is no row {', '.join(unknown)}; there are {', '.join(by_name)}")
    rows = [by_name[name] for name in stage.rows]
    if any(size is not None for size in stage.sizes):
        rows = [row for row in rows if row.echoes_texts]
    return rows


def say(text):
    print(f"compare: {text}", file=sys.stderr, flush=True)
