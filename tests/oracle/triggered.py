"""Reference for keyed windows with triggers and evictors: sessions, global windows, and tumbling or sliding windows that
fire by a trigger of their own.

It shares no code with the engine. A key's windows are a list of objects with all their elements; timers are looked for
among all windows of all keys, earliest first, one at a time.

The rules, beside those of windows.py:

* A session is [t, t + gap) of its records; sessions of a key that overlap or touch are one. A record whose own session
  has expired counts all the same if it meets one that has not.
* A global window never ends, and nothing is late for it; its results are told with the time at which it fired: that of
  the record or timer.
* A trigger is asked at every record of a window, behind it, and at the times that it has asked for: an event timer fires
  when the watermark reaches it, or behind the record or timer that set it if that was before. A window that fires gives
  all its elements; one without elements gives nothing. Purging drops the elements and nothing else.
* A window goes when the watermark reaches end - 1 + lateness, after its timers up to then.
* When sessions become one, their elements are put together in the order of the sessions, timers are forgotten, and the
  trigger puts its states together and sets timers anew; then it is asked for the record.
* An evictor takes elements out of a window that fires, for good, before or after they are given. Where nothing is left
  before, nothing is given.
* Timers fire in the order of their times, for one key those of one time in the order of its windows.
* When the input ends, all timers fire; a global window sets no more of them then.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from windows import END_OF_INPUT, START_OF_INPUT, TIMESTAMP_LIMIT, Late, Windows

GLOBAL = (-TIMESTAMP_LIMIT, TIMESTAMP_LIMIT + 1)


@dataclass(frozen=True)
class Sessions:
    """`gap` None: each record's value is the gap behind it."""

    gap: int | None

    def of(self, timestamp, value):
        return [(timestamp, timestamp + (self.gap or value))]


@dataclass(frozen=True)
class Aligned:
    windows: Windows

    def of(self, timestamp, value):
        return self.windows.of(timestamp)


@dataclass(frozen=True)
class Global:
    def of(self, timestamp, value):
        return [GLOBAL]


class Element(NamedTuple):
    timestamp: int
    value: Any


@dataclass
class Window:
    start: int
    end: int
    elements: list = field(default_factory=list)
    timers: set = field(default_factory=set)
    state: Any = None  # the trigger's

    def last(self):
        return self.end - 1


FIRE, PURGE = "fire", "purge"


@dataclass(frozen=True)
class AtEnd:
    """Fires when the watermark passes the window's end, and at every record that comes later."""

    def on_element(self, window, timestamp, now):
        if window.last() <= now:
            return {FIRE}
        window.timers.add(window.last())
        return set()

    def on_timer(self, window, time, now):
        return {FIRE} if time == window.last() else set()

    def on_merge(self, window, states, now):
        if window.last() > now:
            window.timers.add(window.last())


@dataclass(frozen=True)
class Count:
    """Fires at every `count` records."""

    count: int

    def on_element(self, window, timestamp, now):
        window.state = (window.state or 0) + 1
        if window.state < self.count:
            return set()
        window.state = None
        return {FIRE}

    def on_timer(self, window, time, now):
        return set()

    def on_merge(self, window, states, now):
        window.state = sum(states)


@dataclass(frozen=True)
class Continuous:
    """Fires at multiples of `interval` behind a record, and as AtEnd."""

    interval: int

    def next(self, window, time):
        next_time = (time // self.interval + 1) * self.interval
        window.state = min(next_time, window.last()) if time < window.last() else next_time
        window.timers.add(window.state)

    def on_element(self, window, timestamp, now):
        if window.last() <= now:
            return {FIRE}
        window.timers.add(window.last())
        if window.state is None:
            self.next(window, timestamp)
        return set()

    def on_timer(self, window, time, now):
        if time == window.last():
            return {FIRE}
        if time != window.state:
            return set()
        self.next(window, time)
        return {FIRE}

    def on_merge(self, window, states, now):
        window.state = min(states, default=None)
        if window.state is not None:
            window.timers.add(window.state)


@dataclass(frozen=True)
class Purging:
    trigger: Any

    def on_element(self, window, timestamp, now):
        return self._purging(self.trigger.on_element(window, timestamp, now))

    def on_timer(self, window, time, now):
        return self._purging(self.trigger.on_timer(window, time, now))

    def on_merge(self, window, states, now):
        self.trigger.on_merge(window, states, now)

    @staticmethod
    def _purging(result):
        return {FIRE, PURGE} if FIRE in result else result


@dataclass(frozen=True)
class KeepLast:
    """Evicts all but the last `count` elements."""

    count: int
    after: bool = False

    def keep(self, elements):
        return elements[len(elements) - self.count:] if len(elements) > self.count else elements


@dataclass(frozen=True)
class KeepRecent:
    """Evicts elements that are `keep_ms` or more before the latest."""

    keep_ms: int
    after: bool = False

    def keep(self, elements):
        latest = max(element.timestamp for element in elements)
        return [element for element in elements if element.timestamp > latest - self.keep_ms]


class Result(NamedTuple):
    start: int
    end: int
    at: int | None  # when a global window fired
    key: Any
    values: list


class Output(NamedTuple):
    results: list  # of Result, in the order of firing
    late: list  # of Late, in the order of arrival


class Operator:
    def __init__(self, kind, lateness, trigger, evictor=None):
        self.kind = kind
        self.lateness = lateness
        self.trigger = trigger
        self.evictor = evictor
        self.watermark = START_OF_INPUT
        self.keys = {}  # key to its windows
        self.output = Output([], [])

    def ends(self):
        return not isinstance(self.kind, Global)

    def expiry(self, start_and_end):
        return start_and_end[1] - 1 + self.lateness

    def record(self, timestamp, key, value):
        counted = False
        for start, end in self.kind.of(timestamp, value):
            window = self.find(key, start, end)
            if window is None:
                continue
            counted = True
            window.elements.append(Element(timestamp, value))
            self.act(self.trigger.on_element(window, timestamp, self.watermark), key, window, timestamp)
        if not counted and timestamp + self.lateness <= self.watermark:
            self.output.late.append(Late(timestamp, key, value))
        self.fire_timers()

    def find(self, key, start, end):
        """The window that a record of [start, end) is added to; None: it is gone."""
        windows = self.keys.setdefault(key, [])
        if isinstance(self.kind, Sessions):
            met = [window for window in windows if window.start <= end and start <= window.end]
        else:
            met = [window for window in windows if (window.start, window.end) == (start, end)]
        if not met:
            if self.ends() and self.expiry((start, end)) <= self.watermark:
                return None
            met = [Window(start, end)]
            windows.append(met[0])
        elif min(window.start for window in met) > start or max(window.end for window in met) < end or len(met) > 1:
            met = [self.merge(windows, met, start, end)]
        windows.sort(key=lambda window: window.start)
        return met[0]

    def merge(self, windows, met, start, end):
        met.sort(key=lambda window: window.start)
        merged = Window(min(start, met[0].start), max(end, *(window.end for window in met)))
        for window in met:
            merged.elements += window.elements
            windows.remove(window)
        states = [window.state for window in met if window.state is not None]
        self.trigger.on_merge(merged, states, self.watermark)
        windows.append(merged)
        return merged

    def act(self, result, key, window, time):
        if FIRE in result and window.elements:
            self.fire(key, window, time)
        if PURGE in result:
            window.elements = []

    def fire(self, key, window, time):
        if self.evictor and not self.evictor.after:
            window.elements = self.evictor.keep(window.elements)
        if not window.elements:
            return
        values = [element.value for element in window.elements]
        at = None if self.ends() else time
        self.output.results.append(Result(window.start, window.end, at, key, values))
        if self.evictor and self.evictor.after:
            window.elements = self.evictor.keep(window.elements)

    def advance(self, watermark):
        self.watermark = max(self.watermark, watermark)
        self.fire_timers()

    def due(self):
        """What is due and earliest: ((time, key, start of the window), the window); None: nothing is."""
        found = None
        for key, windows in self.keys.items():
            for window in windows:
                times = set(window.timers)
                if self.ends():
                    times.add(self.expiry((window.start, window.end)))
                for time in times:
                    if time <= self.watermark and (found is None or (time, key, window.start) < found[0]):
                        found = ((time, key, window.start), window)
        return found

    def fire_timers(self):
        while (found := self.due()) is not None:
            (time, key, _), window = found
            if time in window.timers:
                window.timers.remove(time)
                others = set(window.timers)
                self.act(self.trigger.on_timer(window, time, self.watermark), key, window, time)
                if self.watermark == END_OF_INPUT and not self.ends():
                    window.timers &= others
            if self.ends() and time >= self.expiry((window.start, window.end)):
                self.keys[key].remove(window)


def run(kind, lateness, trigger, evictor, elements):
    """What the operator makes of `elements`: ('r', timestamp, key, value) or ('w', watermark)."""
    operator = Operator(kind, lateness, trigger, evictor)
    for element in elements:
        if element[0] == "r":
            operator.record(*element[1:])
        elif element[0] == "w":
            operator.advance(element[1])
        else:
            raise ValueError(f"neither a record nor a watermark: {element}")
    return operator.output


def join(output, is_left):
    """What a join in the same windows gives, if nothing was late and each window has fired once: (start, end, key, left,
    right) for each pair of an element that is of the left stream and one that is not."""
    return [
        (start, end, key, left, right)
        for start, end, _, key, values in output.results
        for left in filter(is_left, values)
        for right in values
        if not is_left(right)
    ]
