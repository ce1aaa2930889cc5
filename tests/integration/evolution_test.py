"""A job whose types of state change between two runs, and checkpoints of earlier versions of Weir that are restored."""

import collections
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from processes import PATIENCE, Case, main, program

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "jobs"
KEYS = 7
LINES = 3000
FILES = 2
WINDOW = 10_000


def records(file):
    """(ms, key, number) of each line; the same forever: golden checkpoints stand in the middle of it."""
    for line in range(LINES):
        mixed = (line * 2654435761 + file * 40503) % 2**32
        yield 1_000_000 + line * 50 + mixed % 1500, f"k{mixed // 2**8 % KEYS}", mixed // 2**16 % 100


def write_input(folder):
    folder.mkdir()
    for file in range(FILES):
        lines = "".join(f"{ms}\t{key}\t{number}\n" for ms, key, number in records(file))
        (folder / f"f{file}.txt").write_text(lines, encoding="ascii")


def expected_windows():
    sums = collections.Counter()
    for file in range(FILES):
        for ms, key, number in records(file):
            sums[key, ms // WINDOW * WINDOW + WINDOW] += number
    return {f"{key} in window to {end}: {total}" for (key, end), total in sums.items()}


def expected_keys():
    """What each key's line begins and ends with: its history depends on the order of files."""
    sums, last, prices = collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
    for file in range(FILES):
        for ms, key, number in records(file):
            sums[key] += number
            last[key] = max(last[key], ms)
            prices[key][number % 5] += number
    return {key: (f"{key}: sum {total} last {last[key]} history", f" {total} prices"
                  + "".join(f" {which}={of}" for which, of in sorted(prices[key].items())))
            for key, total in sums.items()}


class Evolving(Case):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.path(""))
        write_input(self.folder / "in")

    def command(self, *more, version, checkpoints="ck", parallelism=2):
        return [program("evolving"), "--input", self.folder / "in", "--output", self.folder / "out",
                "--version", str(version), f"--weir.checkpoint-dir={self.folder / checkpoints}",
                "--weir.checkpoint-interval=10ms", "--weir.workers=2", "--weir.batch-size=1",
                f"--weir.parallelism={parallelism}", *more]

    def run_job(self, *more, status=0, crash_at=None, **options):
        environment = {**os.environ, **({"WEIR_CRASH_AT": crash_at} if crash_at else {})}
        ended = subprocess.run([str(word) for word in self.command(*more, **options)], env=environment,
                               capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(ended.returncode, status, ended.stderr)
        return ended.stderr

    def kill_in_the_middle(self, version=1, **options):
        self.run_job(version=version, crash_at="checkpoint: delivered:3", status=-signal.SIGKILL, **options)

    def delivered(self):
        return [line for file in sorted((self.folder / "out").glob("**/*"))
                if file.is_file() and not any(part.startswith(".") for part in file.relative_to(self.folder).parts)
                for line in file.read_text(encoding="utf-8").splitlines()]

    def assert_exact(self, windows_of_before=True):
        lines = self.delivered()
        windows = [line for line in lines if " in window to " in line]
        self.assertEqual(len(windows), len(set(windows)), "a window fired twice")
        if windows_of_before:
            self.assertEqual(set(windows), expected_windows())
        else:
            self.assertLess(set(windows), expected_windows())
        keys = {line.split(":")[0]: line for line in lines if " in window to " not in line}
        self.assertEqual(len(windows) + len(keys), len(lines), "a key was told of twice")
        expected = expected_keys()
        self.assertEqual(set(keys), set(expected))
        for key, line in keys.items():
            begin, end = expected[key]
            self.assertTrue(line.startswith(begin) and line.endswith(end), f"{line}\nexpected {begin}...{end}")
            self.assertEqual(len(line[len(begin):line.index(" prices")].split()), 3, line)

    def test_types_may_change_between_two_runs_at_another_parallelism_too(self):
        for parallelism in (2, 3):
            with self.subTest(parallelism=parallelism):
                for folder in ("ck", "out"):
                    shutil.rmtree(self.folder / folder, ignore_errors=True)
                self.kill_in_the_middle()
                said = self.run_job(version=2, parallelism=parallelism)
                self.assertIn("operator 'keep', state 'total': its values are brought up to date: field 'unit' is "
                              "forgotten, field 'last.place' is new, field 'remarks' is new", said)
                self.assertIn("operator 'keep', state 'prices'", said)
                self.assertIn("operator 'sums', state 'slices'", said)
                self.assert_exact()

    def test_a_killed_migration_begins_again(self):
        self.kill_in_the_middle()
        for point in ("restore: handles imported:1", "restore: timers indexed:2", "restore: first checkpoint:1"):
            self.run_job(version=2, crash_at=point, status=-signal.SIGKILL)
        self.run_job(version=2)
        self.assert_exact()

    def test_there_is_no_way_back_and_nothing_is_changed_by_trying(self):
        self.kill_in_the_middle()
        self.run_job(version=2, crash_at="restore: first checkpoint:1", status=-signal.SIGKILL)
        said = self.run_job(version=1, status=1)
        self.assertIn("operator 'keep', state 'prices'", said)
        self.assertIn("stored", said)
        self.assertIn("thousandths", said)
        self.assertIn("cents", said)
        self.run_job(version=2)
        self.assert_exact()

    def test_a_state_is_dropped_only_if_that_is_said(self):
        self.kill_in_the_middle()
        said = self.run_job("--without=notes", version=1, status=1)
        self.assertIn("operator 'keep' has no state 'notes' any more, but the checkpoint has it: string", said)
        self.assertIn("--weir.allow-non-restored-state", said)
        said = self.run_job("--without=notes", "--weir.allow-non-restored-state", version=1)
        self.assertIn("operator 'keep', state 'notes' is dropped: the job has none: string", said)
        self.assert_exact()

    def test_checkpoints_of_every_earlier_version_are_restored(self):
        for golden in sorted(GOLDEN.iterdir()):
            for version in (1, 2):
                with self.subTest(golden=golden.name, version=version):
                    for folder in ("others", "out"):
                        shutil.rmtree(self.folder / folder, ignore_errors=True)
                    self.run_job(f"--weir.from={golden}", version=version, checkpoints="others", parallelism=version)
                    self.assert_exact(windows_of_before=False)


if __name__ == "__main__":
    main()
