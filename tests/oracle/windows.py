"""Reference for keyed event-time windows over one stream whose watermarks travel in band.

It shares no code with the engine and prefers being obvious to being fast: the state is a dictionary
from (window end, window start, key) to the list of values that arrived, in order of arrival, and an
aggregate is computed from the whole list each time a window fires.

The rules:

* Times are integers in milliseconds. A window [start, end) holds start, not end. Starts are the
  multiples of the slide plus the offset, also below zero.
* A watermark w says that nothing with a timestamp <= w will come. One that is not above the
  watermark so far changes nothing.
* A window fires when the watermark reaches end - 1, once, for each key that has a value in it, and
  expires when the watermark reaches end - 1 + lateness; an expired window takes no more values.
* An element goes to those of its windows that have not expired. Where such a window has been passed
  by the watermark already, it fires at once, for the key of that element only, with all its values.
* An element all of whose windows have expired is late. One that belongs to no window (the slide
  exceeds the size) is late if timestamp + lateness <= watermark, and otherwise has no effect.
* One watermark fires windows in the order of their ends, and the keys of one window in the order of
  their bytes. One element fires its windows in the order of their ends.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

START_OF_INPUT = float("-inf")
END_OF_INPUT = float("inf")

# A record with a timestamp further than this from zero is malformed.
TIMESTAMP_LIMIT = 250_000_000_000_000


@dataclass(frozen=True)
class Windows:
    """Windows of `size` ms, one beginning every `slide` ms. Tumbling is slide == size."""

    size: int
    slide: int
    offset: int = 0

    def __post_init__(self):
        if self.size <= 0 or self.slide <= 0:
            raise ValueError(f"size and slide must be positive: {self}")

    def of(self, timestamp):
        """The windows (start, end) that hold `timestamp`, earliest first; there may be none."""
        # Python's // rounds towards minus infinity, which is what is wanted below zero.
        start = (timestamp - self.offset) // self.slide * self.slide + self.offset
        windows = []
        while start + self.size > timestamp:
            windows.append((start, start + self.size))
            start -= self.slide
        windows.reverse()
        return windows


def tumbling(size, offset=0):
    return Windows(size, size, offset)


def sliding(size, slide, offset=0):
    return Windows(size, slide, offset)


# Each takes the values of one key and window in order of arrival; there is at least one.
AGGREGATES = {
    "count": len,
    "sum": sum,
    "min": min,
    "max": max,
    "reduce": lambda values: ",".join(str(value) for value in values),
    "process": sorted,
}


class Result(NamedTuple):
    start: int
    end: int
    key: Any
    value: Any


class Late(NamedTuple):
    timestamp: int
    key: Any
    value: Any


class Output(NamedTuple):
    results: list  # of Result, in the order of firing
    late: list  # of Late, in the order of arrival
    in_no_window: list  # of Late: the slide skipped them, and they were not late


def run(windows, lateness, aggregate, elements):
    """What a window operator makes of `elements`: ('r', timestamp, key, value) or ('w', watermark)."""
    compute = AGGREGATES[aggregate]
    watermark = START_OF_INPUT
    state = {}
    output = Output([], [], [])

    def fire(end, start, key):
        output.results.append(Result(start, end, key, compute(state[end, start, key])))

    def expired(end):
        return end - 1 + lateness <= watermark

    for element in elements:
        if element[0] == "r":
            _, timestamp, key, value = element
            assigned = windows.of(timestamp)
            live = [(start, end) for start, end in assigned if not expired(end)]
            for start, end in live:
                state.setdefault((end, start, key), []).append(value)
                if end - 1 <= watermark:
                    fire(end, start, key)
            if not live:
                late = bool(assigned) or timestamp + lateness <= watermark
                (output.late if late else output.in_no_window).append(Late(timestamp, key, value))
        elif element[0] == "w":
            previous, watermark = watermark, max(watermark, element[1])
            for end, start, key in sorted(state):
                if previous < end - 1 <= watermark:
                    fire(end, start, key)
            state = {entry: values for entry, values in state.items() if not expired(entry[0])}
        else:
            raise ValueError(f"neither a record nor a watermark: {element}")
    return output
