"""State of every kind as an earlier Weir wrote it, from which a job goes on today.

tests/golden/every_kind/checkpoint is a copy of a checkpoint of jobs/every_kind.cc at parallelism 2, in the middle of the
input below; out is its output directory by then, delivered and staged. A version that writes another format adds a directory
beside it: `golden_state_test.py every_kind=PROGRAM weir=PROGRAM MakeGolden` with MAKE_GOLDEN=DIRECTORY makes one.
"""

import collections
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from processes import PATIENCE, Case, main, program

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "every_kind"
KEYS = 7
LINES = 20_000
FILES = 2
PERIOD = 10_000
GAP = 1001


def records(file):
    """(ms, key, number) of each line, with breaks of 5 and of 50 seconds; the same forever."""
    for line in range(LINES):
        if line // 100 % 3 == 2 or line // 1000 % 4 == 3:
            continue
        mixed = (line * 2654435761 + file * 40503) % 2**32
        yield 1_000_000 + line * 50 + mixed % 1500 // 2 * 2, f"k{mixed // 2**8 % KEYS}", mixed // 2**16 % 100


def all_records():
    return [record for file in range(FILES) for record in records(file)]


def of_periods(key, times):
    """What is told of each period of a key: how much of the last periods is still known."""
    ends = sorted({ms // PERIOD * PERIOD + PERIOD - 1 for ms in times})
    for end in ends:
        in_a_row = next(n for n in range(1, len(ends) + 1) if end - n * PERIOD not in ends)
        recent = [each for each in ends if end - 3 * PERIOD < each <= end]
        periods = sum(end - 5 * PERIOD < each <= end for each in ends)
        yield f"{key} at {end}: {in_a_row} in a row, {len(recent)} since {recent[0]}, {periods} periods"


def of_sessions(key, times):
    times = sorted(times)
    begin = 0
    for i, ms in enumerate(times):
        if i + 1 == len(times) or times[i + 1] > ms + GAP:
            yield f"{key} in session to {ms + GAP}: {i + 1 - begin}"
            begin = i + 1


def expected():
    """Every line that the job delivers, in any order, without a line of code of the engine."""
    lines = collections.Counter()
    by_key = collections.defaultdict(list)
    for ms, key, number in all_records():
        by_key[key].append((ms, number))
    for key, amounts in by_key.items():
        times = [ms for ms, _ in amounts]
        numbers = [number for _, number in amounts]
        round_numbers = [number for number in numbers if number % 10 == 0]
        kinds = "".join(f" {kind}={sum(number for number in numbers if number % 5 == kind)}" for kind in range(5))
        lines.update(of_periods(key, times))
        lines.update(of_sessions(key, times))
        lines[f"{key}: sum {sum(numbers)} last {max(times)} round {len(round_numbers)}={sum(round_numbers)}{kinds}"] += 1
        for begin, count in collections.Counter(ms // PERIOD * PERIOD for ms in times).items():
            lines[f"{key} in window to {begin + PERIOD}: {count}"] += 1
        lines[f"{key} does not reach high {'reaches' if max(numbers) >= 10 else 'does not reach'} low"] += 1
    for kind, count in collections.Counter(number % 7 for _, _, number in all_records()).items():
        lines[f"kind {kind}: {count}"] += 1
    lines.update(f"99 at {ms}" for ms, _, number in all_records() if number == 99)
    return lines


class EveryKind(Case):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.path(""))
        (self.folder / "in").mkdir()
        for file in range(FILES):
            lines = "".join(f"{ms}\t{key}\t{number}\n" for ms, key, number in records(file))
            (self.folder / "in" / f"f{file}.txt").write_text(lines, encoding="ascii")

    def run_job(self, *more, parallelism=2, crash_at=None, status=0):
        command = [program("every_kind"), "--input", self.folder / "in", "--output", self.folder / "out",
                   f"--weir.checkpoint-dir={self.folder / 'ck'}", "--weir.checkpoint-interval=10ms", "--weir.workers=2",
                   "--weir.batch-size=1", f"--weir.parallelism={parallelism}", *more]
        environment = {**os.environ, **({"WEIR_CRASH_AT": crash_at} if crash_at else {})}
        ended = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True,
                               timeout=2 * PATIENCE)
        self.assertEqual(ended.returncode, status, ended.stderr)

    def delivered(self):
        lines = collections.Counter(
            line for file in sorted((self.folder / "out").glob("**/*"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(self.folder).parts)
            for line in file.read_text(encoding="utf-8").splitlines())
        # Each subtask tells of what it has counted.
        kinds = collections.Counter()
        for line in [line for line in lines if line.startswith("kind ")]:
            kind, _, count = line.partition(": ")
            kinds[kind] += int(count) * lines.pop(line)
        return lines + collections.Counter(f"{kind}: {count}" for kind, count in kinds.items())

    def weir(self, *words):
        ended = self.run_to_end(program("weir"), *map(str, words))
        self.assert_ended(ended, 0)
        return ended.out


class GoldenState(EveryKind):
    def test_a_job_goes_on_from_it_exactly(self):
        for parallelism, more in ((2, ()), (3, ()), (2, ("--weir.memory=64MB",))):
            with self.subTest(parallelism=parallelism, more=more):
                for folder in ("ck", "out"):
                    shutil.rmtree(self.folder / folder, ignore_errors=True)
                shutil.copytree(GOLDEN / "out", self.folder / "out")
                before = self.delivered().total()
                self.assertGreater(before, 0)
                self.run_job(f"--weir.from={GOLDEN / 'checkpoint'}", *more, parallelism=parallelism)
                self.assertGreater(self.delivered().total(), 2 * before, "most of the input lies behind the checkpoint")
                self.assertEqual(self.delivered(), expected())

    def test_it_has_state_of_every_kind(self):
        self.weir("checkpoint", "verify", GOLDEN / "checkpoint")
        printed = self.weir("checkpoint", "cat", GOLDEN / "checkpoint")
        states = {line.split("\t")[0] for line in printed.splitlines()}
        self.assertEqual(states, {
            "keep/total", "keep/round", "keep/by kind", "keep/in a row", "keep/recent", "keep/periods",
            "keep/timers: event time", "keep/timers: processing time", "windows/slices", "sessions/windows",
            "sessions/timers: event time", "check/most", "check/timers: event time"})
        shown = self.weir("checkpoint", "inspect", GOLDEN / "checkpoint")
        for name in ("waiting", "saved", "limits", "f0.txt", "f1.txt"):
            self.assertIn(name, shown)


@unittest.skipUnless("MAKE_GOLDEN" in os.environ, "makes the directory that the other tests go on from")
class MakeGolden(EveryKind):
    def test_make(self):
        into = Path(os.environ["MAKE_GOLDEN"])
        self.run_job(crash_at="checkpoint: delivered:2", status=-signal.SIGKILL)
        into.mkdir(parents=True)
        self.weir("checkpoint", "cp", self.folder / "ck", into / "checkpoint")
        shutil.copytree(self.folder / "out", into / "out")


if __name__ == "__main__":
    main()
