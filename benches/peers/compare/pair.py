"""A row at work: its server and its client, processes of their own."""
import os
import select
import socket
import subprocess

from process import Usage, memory

START_SECONDS = 45
# Calls that are in flight at the end of a load are still answered.
GRACE_SECONDS = 40
STOP_SECONDS = 5


class Broken(Exception):
    """A row that does not start, or does not answer."""


class Pair:
    def __init__(self, row):
        self.row = row
        self.children = []
        self.environment = dict(os.environ, PEER_PORT=str(free_port()))
        try:
            self.server = self.start(row.server, subprocess.PIPE if row.says_ready else subprocess.DEVNULL)
            if row.says_ready:
                self.expect_ready(self.server)
            self.client = self.start(row.client, subprocess.PIPE)
            self.expect_ready(self.client)
        except BaseException:
            self.end()
            raise

    def start(self, command, output):
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, env=self.environment, text=True
            )
        except OSError as error:
            raise Broken(f"{command[0]}: {error}") from error
        self.children.append(child)
        return child

    def expect_ready(self, child):
        line = self.line(child, START_SECONDS)
        if line != "ready":
            raise Broken(f"it said {line!r} instead of ready")

    def line(self, child, seconds):
        if not select.select([child.stdout], [], [], seconds)[0]:
            raise Broken(f"no answer in {seconds:.0f} s")
        line = child.stdout.readline()
        if not line:
            raise Broken("it ended; its reason is above")
        return line.strip()

    def load(self, in_flight, seconds, size):
        """Calls, seconds, p50, p99 and p99.9 in µs."""
        text = f" - {size}" if size is not None else ""
        try:
            self.client.stdin.write(f"{in_flight} {seconds}{text}\n")
            self.client.stdin.flush()
        except BrokenPipeError as error:
            raise Broken("its client ended; its reason is above") from error
        calls, elapsed, *quantiles = map(float, self.line(self.client, seconds + GRACE_SECONDS).split())
        return calls, elapsed / 1e9, *(quantile / 1e3 for quantile in quantiles)

    def measure(self, in_flight, size, seconds, warm_up, broker):
        """`broker`: its process, or none. CPU in µs and switches are per call, memory in KiB."""
        self.load(in_flight, warm_up, size)
        pids = {"client": self.client.pid, "server": self.server.pid}
        if broker and self.row.uses_broker:
            pids["broker"] = broker
        before = {side: Usage.of(pid) for side, pid in pids.items()}
        calls, elapsed, p50, p99, p999 = self.load(in_flight, seconds, size)
        used = {side: Usage.of(pid).since(before[side]) for side, pid in pids.items()}
        sample = {"calls": int(calls), "rate": calls / elapsed, "p50": p50, "p99": p99, "p999": p999}
        for side, usage in used.items():
            sample[f"{side}_cpu"] = usage.cpu_with_ended_threads() / calls * 1e6
        for side in ("client", "server"):
            sample[f"{side}_switches"] = (used[side].voluntary + used[side].involuntary) / calls
            sample[f"{side}_memory"] = memory(pids[side])
        return sample

    def end(self):
        """The end of their input ends them, clients first."""
        for child in reversed(self.children):
            try:
                child.stdin.close()
            except BrokenPipeError:
                pass  # It has ended already.
        for child in reversed(self.children):
            if child is self.children[0] and not self.row.says_ready:
                child.terminate()  # It takes no notice of its input.
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
