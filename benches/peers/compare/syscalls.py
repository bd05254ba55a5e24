"""System calls per call, counted by strace: a mode of its own, for it slows what it counts."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from measure import rows_of, say
from pair import Broken, Pair
from process import fields
from report import header, line
from rows import with_settings

ATTACH_SECONDS = 20
POLL_SECONDS = 0.02


def run(stage, raw):
    """Prints a table: client and server, under every load."""
    if not shutil.which("strace"):
        sys.exit("compare: system calls are not measured: there is no strace on this machine")
    titles = [f"{in_flight} in flight: {side}" for in_flight in stage.in_flight for side in ("client", "server")]
    print("\n" + "\n".join(header("system calls per call", titles)))
    for row in with_settings(rows_of(stage), stage.codecs, stage.queue_types):
        values = []
        try:
            pair = Pair(row)
        except Broken as reason:
            say(f"{row.name} does not start: {reason}")
            continue
        try:
            for in_flight in stage.in_flight:
                counts = count(pair, in_flight, stage.seconds)
                raw.write("syscalls", row=row.name, in_flight=in_flight, client=counts[0], server=counts[1])
                values += [f"{each:.2f}" for each in counts]
        except Broken as reason:
            say(f"{row.name} is left out: {reason}")
            continue
        finally:
            pair.end()
        print(line(row.name, values), flush=True)


def count(pair, in_flight, seconds):
    pair.load(in_flight, seconds / 4, None)
    with tempfile.TemporaryDirectory() as directory:
        traces = [Trace(child.pid, directory) for child in (pair.client, pair.server)]
        try:
            for trace in traces:
                trace.await_attached()
            calls = pair.load(in_flight, seconds, None)[0]
        finally:
            totals = [trace.stop() for trace in traces]
    return [total / calls for total in totals]


class Trace:
    def __init__(self, pid, directory):
        self.pid = pid
        self.summary = os.path.join(directory, str(pid))
        command = ["strace", "-c", "-f", "-qq", "-o", self.summary, "-p", str(pid)]
        self.strace = subprocess.Popen(command)

    def await_attached(self):
        end = time.monotonic() + ATTACH_SECONDS
        while not all(self.is_traced(thread) for thread in os.listdir(f"/proc/{self.pid}/task")):
            if self.strace.poll() is not None or time.monotonic() > end:
                raise Broken("strace does not attach; see kernel.yama.ptrace_scope")
            time.sleep(POLL_SECONDS)

    def is_traced(self, thread):
        return int(fields(f"/proc/{self.pid}/task/{thread}/status")["TracerPid"]) != 0

    def stop(self):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait()
        with open(self.summary, encoding="utf-8") as file:
            # % time, seconds, usecs/call, calls, perhaps errors, and `total`
            total = [words for words in map(str.split, file) if words and words[-1] == "total"]
        return int(total[0][3]) if total else 0
