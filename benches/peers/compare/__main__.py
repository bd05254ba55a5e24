"""Measures amqp-rpc beside other libraries. scripts/compare.sh builds them, starts a broker and runs this."""
import argparse
import os
import platform
import sys
from contextlib import nullcontext

import broker
import profiles
import syscalls
from measure import run, say
from raw import RawFile
from report import tables


def numbers(text):
    return tuple(int(word) for word in text.split(","))


def words(text):
    return tuple(text.split(","))


def read_options():
    options = argparse.ArgumentParser(prog="scripts/compare.sh", description=__doc__)
    options.add_argument("--profile", choices=profiles.profiles(), default="quick", help="what is measured; default: quick")
    replaced = options.add_argument_group("parts of the profile that are replaced")
    rows = ", ".join(profiles.names())
    replaced.add_argument("--rows", type=words, help=f"of {rows}; the first is compared with the others")
    replaced.add_argument("--in-flight", type=numbers, help="calls in flight")
    replaced.add_argument("--sizes", type=numbers, help="bytes of a text that is echoed instead of a number")
    replaced.add_argument("--codec", type=words, dest="codecs", help="of json, msgpack, raw; for amqp-rpc")
    replaced.add_argument("--queue-type", type=words, dest="queue_types", help="of classic, quorum; for amqp-rpc")
    replaced.add_argument("--rounds", type=int, help="measurements of every row under every load")
    replaced.add_argument("--seconds", type=float, help="length of one measurement")
    options.add_argument("--embedded", action="store_true", help="the embedded broker instead of RabbitMQ")
    options.add_argument("--syscalls", action="store_true", help="system calls per call instead, by strace")
    options.add_argument("--raw", metavar="FILE", help="every measurement, as JSON lines")
    options.add_argument("--estimate", action="store_true", help="only say how long it would take")
    return options.parse_args()


def stages_of(options):
    keys = ("rows", "in_flight", "sizes", "codecs", "queue_types", "rounds", "seconds")
    given = {key: getattr(options, key) for key in keys}
    return [profiles.changed(stage, **given) for stage in profiles.profiles()[options.profile]]


def describe(stage):
    return {
        "name": stage.name,
        "rounds": stage.rounds,
        "seconds": stage.seconds,
        "broker": broker.name(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }


def count_syscalls(stages, raw_path):
    raw = RawFile(raw_path)
    for stage in stages:
        raw.write("stage", **describe(stage))
        syscalls.run(stage, raw)


def compare(stages, broker_process, raw_path):
    raw = RawFile(raw_path)
    for stage in stages:
        raw.write("stage", **describe(stage))
        samples = run(stage, broker_process, raw)
        if not samples:
            sys.exit("compare: nothing was measured")
        print(f"\n## {stage.name}: {broker.name()}, medians of {stage.rounds} rounds of {stage.seconds} s")
        print("\nCPU and context switches are per call.")
        print(tables(samples), flush=True)


def main():
    options = read_options()
    stages = stages_of(options)
    say(f"about {sum(stage.estimate() for stage in stages) / 60:.1f} minutes, and what starting takes")
    if options.estimate:
        return
    with broker.embedded() if options.embedded else nullcontext(broker.process()) as broker_process:
        if options.syscalls:
            count_syscalls(stages, options.raw)
        else:
            compare(stages, broker_process, options.raw)


main()
