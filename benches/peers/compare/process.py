"""What Linux says of a process: its CPU, its memory, its context switches."""
import os
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Sums since the process began. Threads that have ended are in `cpu_ticks` alone."""

    cpu: float
    cpu_ticks: float
    voluntary: int
    involuntary: int

    @staticmethod
    def of(pid):
        cpu = voluntary = involuntary = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                cpu += int(read(f"/proc/{pid}/task/{thread}/schedstat").split()[0])
                status = fields(f"/proc/{pid}/task/{thread}/status")
            except (FileNotFoundError, ProcessLookupError):
                continue  # It ended between being listed and being read.
            voluntary += int(status["voluntary_ctxt_switches"])
            involuntary += int(status["nonvoluntary_ctxt_switches"])
        ticks = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
        return Usage(cpu / 1e9, (int(ticks[11]) + int(ticks[12])) / TICKS, voluntary, involuntary)

    def since(self, before):
        return Usage(
            self.cpu - before.cpu,
            self.cpu_ticks - before.cpu_ticks,
            self.voluntary - before.voluntary,
            self.involuntary - before.involuntary,
        )

    def cpu_with_ended_threads(self):
        """CPU seconds. Ticks are coarse: they count only where threads must have ended."""
        return self.cpu_ticks if self.cpu_ticks > self.cpu * 1.1 + 0.05 else self.cpu


def memory(pid):
    """Resident memory in KiB."""
    return int(fields(f"/proc/{pid}/status")["VmRSS"].split()[0])


def fields(path):
    return dict(line.split(":", 1) for line in read(path).splitlines())


def read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()
