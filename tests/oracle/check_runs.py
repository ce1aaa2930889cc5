#!/usr/bin/env python3
"""Judges many runs of the event-time word count: a file that word_count_runs wrote.

    python3 check_runs.py runs.txt

For each case `case <seed> <size> <slide> <offset> <lateness> <out of orderness>` (in ms), its input
files, then its runs: `run <batch size> <parallelism>` with output and late files. A file is
`input|output|late <name> <bytes>`, its bytes and a newline. The last line is `end <runs>`.
Exits with 0 if every run is right by the rules of word_count.py, with 1 after naming those that are not,
and with 2 if the file cannot be judged.
"""

import sys

from windows import Windows
from word_count import InMemory, check


class Judge:
    """Reads cases and runs and keeps what is wrong in `faults`."""

    def __init__(self):
        self.faults = []
        self.runs = 0
        self.case = None  # (seed, windows, lateness, out_of_orderness)
        self.run = None  # (batch size, parallelism)
        self.files = {"input": [], "output": [], "late": []}

    def judge(self, file):
        while line := file.readline():
            kind, *words = line.decode().split()
            if kind == "case":
                self.end_run()
                self.begin_case(*map(int, words))
            elif kind == "run":
                self.end_run()
                self.run = tuple(map(int, words))
            elif kind in self.files:
                self.files[kind].append(self.read_file(file, words[0], int(words[1])))
            elif kind == "end":
                self.end_run()
                if self.runs != int(words[0]):
                    raise ValueError(f"the file holds {self.runs} runs, but says {words[0]}")
                return
            else:
                raise ValueError(f"unknown line: {line}")
        raise ValueError("the file breaks off")

    def begin_case(self, seed, size, slide, offset, lateness, out_of_orderness):
        self.case = (seed, Windows(size, slide, offset), lateness, out_of_orderness)
        self.files["input"] = []

    @staticmethod
    def read_file(file, name, size):
        data = file.read(size)
        if file.read(1) != b"\n":
            raise ValueError(f"{name} is not followed by a newline")
        return InMemory(name, data)

    def end_run(self):
        if self.run is not None:
            seed, windows, lateness, out_of_orderness = self.case
            self.runs += 1
            files = self.files
            wrong = check(files["input"], files["output"], files["late"], windows, lateness, out_of_orderness)
            where = f"seed {seed}, batches of {self.run[0]}, parallelism {self.run[1]}"
            self.faults += [f"{where}: {difference}" for difference in wrong[:3]]
            self.run = None
        self.files["output"], self.files["late"] = [], []


def main(arguments):
    if len(arguments) != 1:
        raise ValueError("usage: check_runs.py FILE")
    judge = Judge()
    with open(arguments[0], "rb") as file:
        judge.judge(file)
    for fault in judge.faults[:20]:
        print(fault)
    if judge.faults:
        print("repeat a run: word_count_runs --out run.txt --seed S --batch B --parallelism P; check_runs.py run.txt")
    print(f"{judge.runs} runs, {len(judge.faults)} differences")
    return 1 if judge.faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        print(f"check_runs: {error}", file=sys.stderr)
        sys.exit(2)
