"""The raw file: a JSON object a line. The first of a stage describes it, the others are its measurements."""
import json


class RawFile:
    """Appends to a file, or to none."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8") if path else None

    def write(self, kind, **fields):
        if self.file:
            self.file.write(json.dumps({"kind": kind, **fields}) + "\n")
            self.file.flush()


def read(path):
    """The stages of a file: their descriptions, each with its measurements."""
    stages = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            if fields["kind"] == "stage":
                stages.append((fields, []))
            elif fields["kind"] == "sample":
                stages[-1][1].append(fields)
    return stages


def cells(samples):
    """Measurements by load and size, then by row in order of appearance in the first round, then by round."""
    ordered = sorted(samples, key=lambda sample: (sample["round"], sample["size"] or 0, sample["in_flight"]))
    by_cell = {}
    for sample in ordered:
        rows = by_cell.setdefault((sample["in_flight"], sample["size"]), {})
        rows.setdefault(sample["row"], {})[sample["round"]] = sample
    return by_cell
