#!/usr/bin/env python3
"""Test vectors for the window operator: random inputs and what the reference makes of them.

    python3 vectors.py generate --seed N --count C --dir D     D/case-<seed>.txt for seeds N to N + C - 1
    python3 vectors.py batch --from S --to T --out FILE        the cases of seeds S to T - 1 in one file

The format is lines of words with one space between them; no word is empty or has a space in it. A file
is one case after another, and a case is, in this order:

    case <seed>
    window tumbling|sliding
    size_ms <n>
    slide_ms <n>                       equals size_ms for a tumbling window; may exceed it for a sliding one
    offset_ms <n>                      between -slide_ms and slide_ms, both excluded
    lateness_ms <n>                    not negative
    aggregate count|sum|min|max|reduce|process
    r <split> <ts> <key> <value>       an element; the split is always 0, the value an integer
    w <watermark>                      a watermark; r and w lines are the input, in its order
    w end                              the end of the input, a watermark above every other: the last of them
    out <start> <end> <key> <value>    a result, in the order of firing
    late <ts> <key> <value>            a late element, in the order of arrival
    end

Every number fits into 64 bits with its sign; keys are lowercase letters and digits. The value of an
out line is, by aggregate: count, sum, min, max: an integer; reduce: the values joined by commas in
order of arrival; process: the values joined by commas, smallest first. (An operator that combines
slices joins in another order; compare its parts sorted.)

What one watermark fires is in the order of the ends of windows, then of the bytes of keys. What one
element fires, in windows that the watermark has passed but that still take elements, is in the order
of the ends. An input may have watermarks that do not advance; they have no effect. An element that is
in no window, because the slide exceeds the size, and not late has neither an out nor a late line.

The same seed gives the same case.
"""

import argparse
import os
import random
import sys
from typing import NamedTuple

from windows import AGGREGATES, END_OF_INPUT, TIMESTAMP_LIMIT, Windows, run

# What a case is about, by turns of the seed; everything else in it is random.
SUBJECTS = [
    "in order", "out of order", "late", "very late", "equal timestamps", "negative timestamps", "no elements",
    "one key", "huge gaps", "uneven slide", "slide above size", "watermarks that go back", "many watermarks",
]


def random_windows(rng, subject):
    """(kind, Windows) with small sizes, so that elements often lie on a boundary."""
    size = rng.choice([1, 2, 5, 7, 10, 60, 1000])
    kind = rng.choice(["tumbling", "sliding"])
    if subject == "uneven slide":
        kind, size = "sliding", rng.choice([5, 7, 10, 100])
        slide = rng.choice([n for n in range(2, size) if size % n != 0])
    elif subject == "slide above size":
        kind, slide = "sliding", size + rng.randint(1, 2 * size)
    elif kind == "tumbling":
        slide = size
    else:
        slide = max(1, size // rng.choice([1, 2, 3, 4, 5, 10]))
    offset = rng.choice([0, 0, rng.randint(1 - slide, slide - 1), -rng.randint(0, slide - 1)])
    return kind, Windows(size, slide, offset)


def random_elements(rng, subject, windows, lateness):
    """Elements and watermarks for `run`, END_OF_INPUT last."""
    if subject == "no elements":
        watermarks = sorted(rng.randint(-100, 100) for _ in range(rng.choice([0, 0, 3])))
        return [("w", watermark) for watermark in watermarks] + [("w", END_OF_INPUT)]

    step = max(1, rng.choice([windows.size, windows.slide]) // rng.choice([1, 3, 10]))
    keys = 1 if subject == "one key" else rng.choice([1, 2, 5, 12])
    disorder = 0 if subject == "in order" else rng.choice([0, step, 5 * step])
    late_share = {"late": 0.3, "very late": 0.3, "in order": 0}.get(subject, 0.15)
    often = subject in ("many watermarks", "watermarks that go back")
    watermark_share = 0.9 if often else rng.choice([0.05, 0.2, 0.5])
    reach = windows.size + lateness + 2
    # How far a watermark stays behind: as far as the disorder asks for, or less, or ahead of everything.
    distance = rng.choice([disorder + 1, disorder + 1, 0, -reach])
    value_limit = rng.choice([1, 9, 1000, 10**12])
    now = rng.choice([0, -20 * step, rng.randint(-TIMESTAMP_LIMIT // 2, TIMESTAMP_LIMIT // 2), 1_700_000_000_000])
    if subject == "negative timestamps":
        now = -rng.randint(1, 40 * step)

    elements = []
    highest = now
    for _ in range(rng.choice([1, 5, 30, 80])):
        if subject != "equal timestamps" or rng.random() < 0.2:
            now += rng.randint(0, 2 * step)
        if subject == "huge gaps" and rng.random() < 0.1:
            now = min(now + 10 ** rng.randint(6, 13), TIMESTAMP_LIMIT - 10**6)
        timestamp = now - rng.randint(0, disorder)
        if rng.random() < late_share:
            timestamp = now - rng.randint(0, (10 if subject == "very late" else 1) * reach + disorder)
        highest = max(highest, timestamp)
        elements.append(("r", timestamp, f"k{rng.randrange(keys)}", rng.randint(-value_limit, value_limit)))
        if rng.random() < watermark_share:
            back = rng.randint(0, reach) if subject == "watermarks that go back" else 0
            elements.append(("w", highest - distance - back))
    return elements + [("w", END_OF_INPUT)]


class Case(NamedTuple):
    seed: int
    kind: str  # "tumbling" or "sliding"
    windows: Windows
    lateness: int
    aggregate: str
    elements: list  # as `run` takes them


def random_case(seed):
    rng = random.Random(seed)
    subject = SUBJECTS[seed % len(SUBJECTS)]
    kind, windows = random_windows(rng, subject)
    lateness = rng.choice([0, 0, 1, windows.size, 3 * windows.slide + 1])
    aggregate = rng.choice(list(AGGREGATES))
    return Case(seed, kind, windows, lateness, aggregate, random_elements(rng, subject, windows, lateness))


def text(case):
    """`case` and the reference's output for it in the format above, with its last newline."""
    lines = [
        f"case {case.seed}",
        f"window {case.kind}",
        f"size_ms {case.windows.size}",
        f"slide_ms {case.windows.slide}",
        f"offset_ms {case.windows.offset}",
        f"lateness_ms {case.lateness}",
        f"aggregate {case.aggregate}",
    ]
    for element in case.elements:
        if element[0] == "r":
            lines.append("r 0 {} {} {}".format(*element[1:]))
        else:
            lines.append("w end" if element[1] == END_OF_INPUT else f"w {element[1]}")
    output = run(case.windows, case.lateness, case.aggregate, case.elements)
    for start, end, key, value in output.results:
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        lines.append(f"out {start} {end} {key} {shown}")
    lines += [f"late {timestamp} {key} {value}" for timestamp, key, value in output.late]
    return "\n".join(lines + ["end", ""])


def main(arguments, description="Write test vectors for the window operator.", text_of=lambda seed: text(random_case(seed))):
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    generate = commands.add_parser("generate", help="one file a case")
    generate.add_argument("--seed", type=int, required=True)
    generate.add_argument("--count", type=int, required=True)
    generate.add_argument("--dir", required=True)
    batch = commands.add_parser("batch", help="many cases in one file")
    batch.add_argument("--from", type=int, required=True, dest="first")
    batch.add_argument("--to", type=int, required=True, dest="beyond")
    batch.add_argument("--out", required=True)
    options = parser.parse_args(arguments)
    if options.command == "generate":
        os.makedirs(options.dir, exist_ok=True)
        for seed in range(options.seed, options.seed + options.count):
            with open(os.path.join(options.dir, f"case-{seed}.txt"), "w", encoding="ascii") as file:
                file.write(text_of(seed))
    else:
        with open(options.out, "w", encoding="ascii") as file:
            file.writelines(text_of(seed) for seed in range(options.first, options.beyond))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:
        sys.exit(f"vectors: {error}")
