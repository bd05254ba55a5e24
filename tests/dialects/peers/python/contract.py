"""The methods that every peer serves, whatever its framework: service `math`, under a name that each test chooses.

Each prints `ran METHOD ARGUMENTS` before it does anything else, so that a test sees that a request reached the handler.
"""

import json
import time

METHODS = ("compute", "add", "greet", "nothing", "fail", "slow", "note")


class TooLarge(Exception):
    """The error of `compute`'s own."""


def announce(method, **arguments):
    print("ran", method, json.dumps(arguments), flush=True)


def compute(n):
    """The Fibonacci number of n, up to 90: larger ones are the method's own error."""
    announce("compute", n=n)
    if n > 90:
        raise TooLarge("n is above 90")
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def add(a, b):
    announce("add", a=a, b=b)
    return a + b


def greet(name):
    announce("greet", name=name)
    return f"hello {name}"


def nothing():
    announce("nothing")


def fail():
    announce("fail")
    raise ZeroDivisionError("the handler crashed")


def slow(seconds):
    announce("slow", seconds=seconds)
    time.sleep(seconds)
    return seconds


def note(text):
    """The one-way method, of the frameworks that have such."""
    announce("note", text=text)
