#!/usr/bin/env python3
"""Test vectors for windows with triggers and evictors: random inputs and what the reference makes of them.

    python3 triggered_vectors.py generate --seed N --count C --dir D     D/case-<seed>.txt for seeds N to N + C - 1
    python3 triggered_vectors.py batch --from S --to T --out FILE        the cases of seeds S to T - 1 in one file

The format is that of vectors.py, but for what a case begins with and for its results:

    case <seed>
    windows session <gap> | dynamic | global | aligned <size> <slide> <offset>
    lateness_ms <n>                       0 for global
    trigger end | purging_end | count <n> | purging_count <n> | continuous <ms> | purging_continuous <ms>
    evictor none | count <n> before|after | time <ms> before|after
    r <split> <ts> <key> <value>          of dynamic sessions, the value is the gap behind the record
    w <watermark>
    w end
    out <start> <end> <at> <key> <values> values joined by commas, in order; <at> is the time at which a global window
                                          fired, and - for others
    late <ts> <key> <value>
    join                                  only of cases without late elements, trigger and evictor: even values are those of
                                          one stream, odd ones of another; then
    pair <start> <end> <key> <even> <odd> what their join gives, in any order
    end

The results of one key are in the order of firing. The same seed gives the same case.
"""

import random
import sys
from typing import Any, NamedTuple

from triggered import Aligned, AtEnd, Continuous, Count, Global, KeepLast, KeepRecent, Purging, Sessions, join, run
from vectors import main, random_elements, random_windows
from windows import END_OF_INPUT, Windows

SUBJECTS = [
    "in order", "out of order", "late", "very late", "equal timestamps", "negative timestamps", "one key", "huge gaps",
    "watermarks that go back", "many watermarks",
]

LONGEST_DYNAMIC_GAP = 30


class Case(NamedTuple):
    seed: int
    kind: Any
    lateness: int
    trigger: Any
    evictor: Any  # or None
    elements: list  # as `run` takes them


def random_kind(rng, subject):
    """A kind of windows, and windows of about their length for random_elements."""
    what = rng.choice(["session", "session", "dynamic", "dynamic", "global", "aligned"])
    if what == "session":
        gap = rng.choice([1, 2, 5, 10, 60, 1000])
        return Sessions(gap), Windows(gap, gap)
    if what == "dynamic":
        return Sessions(None), Windows(LONGEST_DYNAMIC_GAP, LONGEST_DYNAMIC_GAP)
    if what == "global":
        return Global(), Windows(10, 10)
    _, windows = random_windows(rng, subject)
    return Aligned(windows), windows


def random_trigger(rng, length, subject, is_global):
    # A global window fires at every interval that the watermark passes.
    few = not (is_global and subject == "huge gaps")
    kinds = [AtEnd(), Count(rng.choice([1, 2, 3, 7]))]
    if few:
        kinds.append(Continuous(max(1, length // rng.choice([1, 2, 3, 10]))))
    trigger = rng.choice(kinds)
    return Purging(trigger) if rng.random() < 0.3 else trigger


def random_evictor(rng, length):
    after = rng.random() < 0.4
    return rng.choice([KeepLast(rng.choice([0, 1, 2, 5]), after), KeepRecent(rng.choice([1, length]), after)])


def random_case(seed):
    rng = random.Random(seed)
    subject = SUBJECTS[seed % len(SUBJECTS)]
    kind, windows = random_kind(rng, subject)
    is_global = isinstance(kind, Global)
    lateness = 0 if is_global else rng.choice([0, 0, 1, windows.size, 3 * windows.slide + 1])
    trigger = rng.choice([AtEnd(), random_trigger(rng, windows.size, subject, is_global)])
    evictor = random_evictor(rng, windows.size) if rng.random() < 0.3 else None
    if isinstance(trigger, Continuous) or isinstance(trigger, Purging) and isinstance(trigger.trigger, Continuous):
        evictor = None
    elements = random_elements(rng, subject, windows, lateness)
    if kind == Sessions(None):
        elements = [(*e[:3], abs(e[3]) % LONGEST_DYNAMIC_GAP + 1) if e[0] == "r" else e for e in elements]
    return Case(seed, kind, lateness, trigger, evictor, elements)


def words_of_kind(kind):
    if isinstance(kind, Sessions):
        return f"session {kind.gap}" if kind.gap else "dynamic"
    if isinstance(kind, Global):
        return "global"
    return f"aligned {kind.windows.size} {kind.windows.slide} {kind.windows.offset}"


def words_of_trigger(trigger):
    if isinstance(trigger, Purging):
        return "purging_" + words_of_trigger(trigger.trigger)
    if isinstance(trigger, AtEnd):
        return "end"
    if isinstance(trigger, Count):
        return f"count {trigger.count}"
    return f"continuous {trigger.interval}"


def words_of_evictor(evictor):
    if evictor is None:
        return "none"
    when = "after" if evictor.after else "before"
    if isinstance(evictor, KeepLast):
        return f"count {evictor.count} {when}"
    return f"time {evictor.keep_ms} {when}"


def joins(case, output):
    """Whether what a join gives does not depend on which of two streams is ahead."""
    plain = case.trigger == AtEnd() and case.evictor is None and case.lateness == 0
    return plain and not output.late and not isinstance(case.kind, Global)


def text(case):
    """`case` and the reference's output for it in the format above, with its last newline."""
    lines = [
        f"case {case.seed}",
        f"windows {words_of_kind(case.kind)}",
        f"lateness_ms {case.lateness}",
        f"trigger {words_of_trigger(case.trigger)}",
        f"evictor {words_of_evictor(case.evictor)}",
    ]
    for element in case.elements:
        if element[0] == "r":
            lines.append("r 0 {} {} {}".format(*element[1:]))
        else:
            lines.append("w end" if element[1] == END_OF_INPUT else f"w {element[1]}")
    output = run(case.kind, case.lateness, case.trigger, case.evictor, case.elements)
    for start, end, at, key, values in output.results:
        lines.append(f"out {start} {end} {'-' if at is None else at} {key} {','.join(map(str, values))}")
    lines += [f"late {timestamp} {key} {value}" for timestamp, key, value in output.late]
    if joins(case, output):
        lines.append("join")
        lines += ["pair {} {} {} {} {}".format(*pair) for pair in join(output, lambda value: value % 2 == 0)]
    return "\n".join(lines + ["end", ""])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], "Write test vectors for windows with triggers.", lambda seed: text(random_case(seed))))
    except OSError as error:
        sys.exit(f"triggered_vectors: {error}")
