"""The values of command-line flags: durations and windows."""

import re

from windows import sliding, tumbling

_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration(text):
    """Milliseconds of `text`: a whole number and a unit; zero needs none. Errors: ValueError, naming the text."""
    if text == "0":
        return 0
    match = re.fullmatch(r"(-?[0-9]+)(ms|s|min|h|d)", text)
    if not match:
        raise ValueError(f"'{text}' is no duration: write a whole number and ms, s, min, h or d, such as 10s")
    return int(match[1]) * _MILLISECONDS[match[2]]


def windows(text, offset=0):
    """Windows from `tumbling:SIZE` or `sliding:SIZE:SLIDE`. Errors: ValueError, naming the text."""
    kind, *parameters = text.split(":")
    if kind == "tumbling" and len(parameters) == 1:
        return tumbling(duration(parameters[0]), offset)
    if kind == "sliding" and len(parameters) == 2:
        return sliding(duration(parameters[0]), duration(parameters[1]), offset)
    raise ValueError(f"'{text}' is no window: write tumbling:SIZE or sliding:SIZE:SLIDE, such as sliding:5s:1s")
