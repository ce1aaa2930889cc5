#!/usr/bin/env python3
"""Oracle of the event-time word count over files: was this output right for that input?

    python3 word_count.py check --input D --output D [--late D] [--dead-letter D]
        --window tumbling:10s|sliding:10s:2s [--offset D] [--lateness D] [--out-of-orderness D]
    python3 word_count.py generate --seed N --dir D ...        random input, see word_count_input.py

`check` exits with 0 if the output is right, with 1 after printing the first differences if it is not,
and with 2 if it could not tell. A negative duration is written --offset=-3s. An option takes a file, or
a directory with files at any depth; names that begin with a dot or an underscore are not looked at.
Lines end with a newline, except perhaps the last of a file, and are bytes, not text:

    input, late    timestamp_ms<TAB>word                    the word is all that follows the first tab
    output         start_ms<TAB>end_ms<TAB>word<TAB>count   of the window [start, end)
    dead letter    an input line that is no record, or whose timestamp is beyond +-2.5e14

The rules:

* Ledger. Every input line is in exactly one of: the results, the late output, the dead letters, and
  the gaps between windows where the slide exceeds the size. Dead letters are compared as a multiset;
  without --dead-letter the input must have none. Without --late no record may be late.
* A record can be late only if the watermark can have passed it. Each input file is a split, read from
  its beginning, whose watermark is its highest timestamp so far - out-of-orderness - 1. The operator's
  watermark is the lowest of all splits; at the record's own split it can be at most what the lines
  before the record made it, and the other splits can be finished, which holds nothing back. So the
  record's reach is the watermark of its own split before it, and it can have missed a window only if
  reach >= window end - 1 + lateness. A late record has missed its last window, and so all of them; one
  in no window is late only if reach >= timestamp + lateness.
* Results. A record that is not late counts in its last window, and in all others that it has not
  missed; it misses earlier ends before later ones. Per word, some choice of missed windows, each
  allowed by the reach of its record, must give exactly the final counts of all windows. A tumbling
  window leaves no choice: its final count is that of the input minus the late output.
* Firings. Without lateness a window has one result per word. With lateness it may have several, one
  for each record that came after the watermark had passed: their counts are consecutive numbers, the
  last the final count, ascending within a file; and there are at most as many after the first as
  records whose reach is at least the window's end - 1.
"""

import argparse
import heapq
import os
import re
import sys
from collections import Counter, defaultdict
from typing import NamedTuple

import flags
import word_count_input
from windows import START_OF_INPUT, TIMESTAMP_LIMIT

_RECORD = re.compile(rb"(-?[0-9]{1,19})\t(.*)", re.DOTALL)
_RESULT = re.compile(rb"(-?[0-9]{1,19})\t(-?[0-9]{1,19})\t(.*)\t([0-9]{1,19})", re.DOTALL)


class Record(NamedTuple):
    timestamp: int
    word: bytes
    reach: float  # the highest watermark that can have come before it


class InMemory(str):
    """The name of a file whose bytes are at hand: a list of these stands for a directory."""

    def __new__(cls, name, data):
        file = super().__new__(cls, name)
        file.data = data
        return file


def files_under(path):
    """The files that count at `path`, in the order of their names; none if there is nothing."""
    if isinstance(path, list):
        return sorted(path)
    if os.path.isfile(path):
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name[0] not in "._"]
        found += [os.path.join(folder, name) for name in names if name[0] not in "._"]
    return sorted(found)


def bytes_of(path):
    if isinstance(path, InMemory):
        return path.data
    with open(path, "rb") as file:
        return file.read()


def lines_of(path):
    parts = bytes_of(path).split(b"\n")
    return parts[:-1] if parts[-1] == b"" else parts


def parse_record(line):
    """(timestamp, word), or None if the line is malformed."""
    match = _RECORD.fullmatch(line)
    if not match or abs(int(match[1])) > TIMESTAMP_LIMIT:
        return None
    return int(match[1]), match[2]


def read_input(path, out_of_orderness):
    """(records, Counter of malformed lines). Errors: FileNotFoundError if there is nothing at `path`."""
    if not isinstance(path, list) and not os.path.exists(path):
        raise FileNotFoundError(f"there is no input at {path}")
    records, malformed = [], Counter()
    for file in files_under(path):
        highest = START_OF_INPUT
        for line in lines_of(file):
            parsed = parse_record(line)
            if parsed is None:
                malformed[line] += 1
                continue
            records.append(Record(*parsed, highest - out_of_orderness - 1))
            highest = max(highest, parsed[0])
    return records, malformed


def show(data):
    """Bytes as they are read best, unambiguously."""
    return repr(data)[1:]


class Check:
    """One comparison of an output with an input; `differences` says what is wrong with it."""

    def __init__(self, windows, lateness=0, out_of_orderness=0):
        self.windows = windows
        self.lateness = lateness
        self.out_of_orderness = out_of_orderness
        self.differences = []
        self.summary = ""

    def run(self, input_path, output_path, late_path=None, dead_letter_path=None):
        records, malformed = read_input(input_path, self.out_of_orderness)
        self.check_dead_letters(malformed, dead_letter_path)
        late = self.read_late(late_path)
        counted = self.take_late(records, late)
        results = self.read_results(output_path)

        records_of, counts_of = defaultdict(list), defaultdict(dict)
        in_no_window = 0
        for record in counted:
            if self.windows.of(record.timestamp):
                records_of[record.word].append(record)
            else:
                in_no_window += 1
        for (start, word), firings in results.items():
            counts_of[word][start] = firings
        for word in sorted(records_of.keys() | counts_of.keys()):
            self.check_word(word, records_of[word], counts_of[word])
        self.summary = (
            f"{len(records) + malformed.total()} lines: {len(counted) - in_no_window} due in results, "
            f"{len(records) - len(counted)} late, {malformed.total()} dead letters, {in_no_window} in no window"
        )
        return self

    # The ledger.

    def check_dead_letters(self, malformed, path):
        written = Counter()
        for file in files_under(path) if path else []:
            written.update(lines_of(file))
        for line, count in sorted((malformed - written).items()):
            where = "is not among the dead letters" if path else "can go nowhere without --dead-letter"
            self.differences.append(f"malformed input line {show(line)} {where} ({count} missing)")
        for line, count in sorted((written - malformed).items()):
            self.differences.append(f"dead letter {show(line)} is no malformed input line ({count} too many)")

    def read_late(self, path):
        late = Counter()
        for file in files_under(path) if path else []:
            for number, line in enumerate(lines_of(file), 1):
                parsed = parse_record(line)
                if parsed is None:
                    self.differences.append(f"{file}:{number}: {show(line)} is no late record")
                else:
                    late[parsed] += 1
        return late

    def missed_all_from(self, timestamp):
        """The lowest watermark at which an element at `timestamp` is late."""
        assigned = self.windows.of(timestamp)
        return (assigned[-1][1] - 1 if assigned else timestamp) + self.lateness

    def take_late(self, records, late):
        """The records without those in `late`, each of which must be one that can be late."""
        # Equal records that can be late at all are exchangeable: each of them can miss any of its windows.
        remaining = Counter(late)
        kept = []
        for record in records:
            key = (record.timestamp, record.word)
            if remaining[key] and record.reach >= self.missed_all_from(record.timestamp):
                remaining[key] -= 1
            else:
                kept.append(record)
        in_input = Counter((record.timestamp, record.word) for record in records)
        for key, count in sorted((+remaining).items()):
            timestamp, word = key
            why = "are too early to be late" if in_input[key] >= late[key] else f"of {late[key]} have no input record"
            self.differences.append(f"late output: {count} of {timestamp} {show(word)} {why}")
        return kept

    # The results.

    def read_results(self, path):
        """{(start, word): [[count, ...] of one file, ...]}"""
        results = defaultdict(list)
        for file in files_under(path):
            in_file = defaultdict(list)
            for number, line in enumerate(lines_of(file), 1):
                match = _RESULT.fullmatch(line)
                if not match:
                    self.differences.append(f"{file}:{number}: {show(line)} is no result")
                    continue
                start, end = int(match[1]), int(match[2])
                if end - start != self.windows.size or (start - self.windows.offset) % self.windows.slide != 0:
                    self.differences.append(f"{file}:{number}: [{start}, {end}) is no window")
                    continue
                in_file[start, match[3]].append(int(match[4]))
            for key, counts in in_file.items():
                results[key].append(counts)
        return results

    def differ(self, word, start, what):
        self.differences.append(f"[{start}, {start + self.windows.size}) {show(word)}: {what}")

    def check_word(self, word, records, firings_of):
        """`firings_of` is {start: [[count, ...] of one file, ...]}."""
        before = len(self.differences)
        arrivals = [self.arrival(record) for record in records]
        final = {start: max(max(counts) for counts in files) for start, files in firings_of.items()}

        at_least, at_most, after_firing = Counter(), Counter(), Counter()
        for record, (first, latest, last) in zip(records, arrivals):
            for start in range(first, last + 1, self.windows.slide):
                at_most[start] += 1
                at_least[start] += start >= latest
                after_firing[start] += record.reach >= start + self.windows.size - 1
        for start in sorted(at_most.keys() | final.keys()):
            low, high, count = at_least[start], at_most[start], final.get(start, 0)
            if not low <= count <= high:
                expected = str(low) if low == high else f"{low} to {high}"
                found = count if start in final else "missing"
                self.differ(word, start, f"the final count is {found}, expected {expected if high else 'none'}")
        for start, files in sorted(firings_of.items()):
            self.check_firings(word, start, files, after_firing[start])
        if len(self.differences) == before:
            self.check_together(word, arrivals, final)

    def arrival(self, record):
        """The starts of a record's first window, the latest that can be the first it counts in, and its last."""
        assigned = self.windows.of(record.timestamp)
        not_missable = [start for start, end in assigned if record.reach < end - 1 + self.lateness]
        last = assigned[-1][0]
        return assigned[0][0], (not_missable or [last])[0], last

    def check_firings(self, word, start, files, after_firing):
        counts = sorted(count for counts in files for count in counts)
        if self.lateness == 0 and len(counts) > 1:
            self.differ(word, start, f"fired {len(counts)} times, with {counts}, although no lateness is allowed")
        elif counts[0] < 1 or counts != list(range(counts[0], counts[0] + len(counts))):
            self.differ(word, start, f"the counts of its firings are not consecutive: {counts}")
        elif len(counts) - 1 > after_firing:
            self.differ(word, start, f"fired again {len(counts) - 1} times, but at most {after_firing} came later")
        for in_file in files:
            if in_file != sorted(in_file):
                self.differ(word, start, f"the counts of its firings are not in order: {in_file}")

    def check_together(self, word, arrivals, final):
        """Whether one choice of the windows that records missed explains all final counts of `word`.

        From window to window, the count tells how many records begin to count there. They are taken
        from those that may, the one first that must begin soonest: if this fails, every choice does.
        """
        beginning, ending, starts = defaultdict(list), Counter(), set(final)
        for first, latest, last in arrivals:
            beginning[first].append(latest)
            ending[last] += 1
            starts.update(range(first, last + 1, self.windows.slide))
        waiting, counting = [], 0
        for start in sorted(starts):
            for latest in beginning[start]:
                heapq.heappush(waiting, latest)
            begin = final.get(start, 0) - counting
            if begin > len(waiting):
                return self.differ(word, start, f"{begin} records begin to count here, but only {len(waiting)} can")
            for _ in range(begin):
                heapq.heappop(waiting)
            if begin < 0 or (waiting and waiting[0] <= start):
                return self.differ(word, start, "the final count is lower than that of earlier windows allows")
            counting += begin - ending[start]


def check(input_dir, output_dir, late_dir, windows, lateness=0, out_of_orderness=0, dead_letter_dir=None):
    """The differences between the output and what it may be, as sentences; none if it is right."""
    return Check(windows, lateness, out_of_orderness).run(input_dir, output_dir, late_dir, dead_letter_dir).differences


def main(arguments):
    parser = argparse.ArgumentParser(description="Check the output of the event-time word count, or make input for it.")
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="compare an output with its input")
    checking.add_argument("--input", required=True)
    checking.add_argument("--output", required=True)
    checking.add_argument("--late")
    checking.add_argument("--dead-letter")
    checking.add_argument("--window", required=True, help="tumbling:SIZE or sliding:SIZE:SLIDE")
    checking.add_argument("--offset", default="0")
    checking.add_argument("--lateness", default="0")
    checking.add_argument("--out-of-orderness", default="0")
    checking.add_argument("--show", type=int, default=20, help="how many differences to print")
    word_count_input.add_arguments(commands.add_parser("generate", help="write random input"))
    options = parser.parse_args(arguments)

    if options.command == "generate":
        word_count_input.generate(options)
        return 0
    windows = flags.windows(options.window, flags.duration(options.offset))
    checked = Check(windows, flags.duration(options.lateness), flags.duration(options.out_of_orderness))
    checked.run(options.input, options.output, options.late, options.dead_letter)
    for difference in checked.differences[: options.show]:
        print(difference)
    verdict = f"{len(checked.differences)} differences" if checked.differences else "ok"
    print(f"{verdict}; {checked.summary}")
    return 1 if checked.differences else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        print(f"word_count: {error}", file=sys.stderr)
        sys.exit(2)
