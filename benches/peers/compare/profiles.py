"""What a run measures: stages, each a table of its own. Options of the command line replace parts of a stage."""
from dataclasses import dataclass, replace

from rows import CODECS, OURS, QUEUE_TYPES, all_rows

KIB = 1024
SIZES = (8, KIB, 64 * KIB, KIB * KIB)
LOADS = (1, 16, 64, 256, 1024)
# The rows that need no table of their own to be read: what others are measured by.
FEW = (*OURS, "lapin-best", "amqprs", "raw-sockets", "tarpc-json", "kanin")
SIZED = (*OURS, "lapin-best", "lapin-best-json", "amqprs", "raw-sockets", "tarpc-json", "tarpc-bincode", "tonic", "kanin")


@dataclass(frozen=True)
class Stage:
    """`sizes`: bytes of a text, or none for the number. The first row is compared with the others."""

    name: str
    rows: tuple
    in_flight: tuple
    sizes: tuple = (None,)
    codecs: tuple = ("json",)
    queue_types: tuple = ("classic",)
    rounds: int = 7
    seconds: float = 0.6
    warm_up: float = 0.15

    def estimate(self):
        """Seconds: what the measurements take; starting and calls at the end of a load come on top."""
        variations = len(self.codecs) * len(self.queue_types)
        rows = sum(variations if row in OURS else 1 for row in self.rows)
        return rows * len(self.in_flight) * len(self.sizes) * self.rounds * (self.seconds + self.warm_up)


def names():
    return tuple(row.name for row in all_rows())


def of_numbers():
    return tuple(row.name for row in all_rows() if not row.only_texts)


def profiles():
    few = Stage("calls", FEW, (1, 64), rounds=3, seconds=0.4)
    calls = Stage("calls", of_numbers(), LOADS)
    sizes = Stage("sizes", SIZED, (16,), sizes=SIZES, codecs=("json", "raw"))
    settings = Stage("settings", tuple(OURS), (1, 64, 256), codecs=CODECS, queue_types=QUEUE_TYPES)
    return {
        "quick": (few,),
        "calls": (calls,),
        "sizes": (sizes,),
        "settings": (settings,),
        "full": (calls, sizes, settings),
    }


def changed(stage, **options):
    """The stage with the options that were given."""
    return replace(stage, **{name: value for name, value in options.items() if value is not None})
