"""A job whose types of state change between two runs; what a plan says of that before, and copies of checkpoints."""

import collections
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from processes import PATIENCE, Case, main, program

KEYS = 7
LINES = 150_000
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


def expected_total():
    return sum(number for file in range(FILES) for _, _, number in records(file))


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
        self.run_job(version=version, crash_at="checkpoint: delivered:1", status=-signal.SIGKILL, **options)

    def weir(self, *words, status=0):
        ended = self.run_to_end(program("weir"), *map(str, words))
        self.assert_ended(ended, status)
        return ended

    def plan(self, *more, version=2, flags=(), checkpoint=None, status=0):
        words = ["plan", "--json", *flags, "--from", checkpoint or self.folder / "ck", program("evolving"), "--input",
                 self.folder / "in", "--output", self.folder / "out", "--version", version, *more]
        plan = json.loads(self.weir(*words, status=status).out)
        return plan, {f"{state['operator']}/{state['state']}": state for state in plan["states"]}

    def delivered(self):
        return [line for file in sorted((self.folder / "out").glob("**/*"))
                if file.is_file() and not any(part.startswith(".") for part in file.relative_to(self.folder).parts)
                for line in file.read_text(encoding="utf-8").splitlines()]

    def assert_exact(self, windows_of_before=True):
        lines = self.delivered()
        received = [line for line in lines if line.startswith("received ")]
        self.assertEqual(sum(int(line.split()[1]) for line in received), expected_total())
        lines = [line for line in lines if line not in received]
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
                self.assertIn("operator 'keep', list state 'received'", said)
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

    def test_a_plan_says_so_before_anything_is_run(self):
        self.kill_in_the_middle()
        before = {path: path.read_bytes() for path in self.folder.glob("**/*") if path.is_file()}
        plan, states = self.plan(version=1)
        self.assertEqual(plan["outcome"], "goes on")
        self.assertEqual({state["becomes"] for state in states.values()}, {"kept"})
        plan, states = self.plan("--weir.parallelism=3")
        self.assertEqual({name: state["becomes"] for name, state in states.items()},
                         {"keep/timers: event time": "kept", "keep/timers: processing time": "kept",
                          "keep/total": "migrated", "keep/history": "migrated", "keep/prices": "migrated",
                          "keep/notes": "kept", "keep/received": "migrated", "sums/slices": "migrated"})
        self.assertIn("field 'unit' is forgotten", states["keep/total"]["changes"])
        self.assertEqual([(node["stored_parallelism"], node["parallelism"]) for node in plan["nodes"]
                          if node["name"] == "keep"], [(2, 3)])
        plan, states = self.plan("--without=notes", status=3)
        self.assertEqual(states["keep/notes"]["becomes"], "dropped")
        self.assertIn("--weir.allow-non-restored-state", plan["drops"])
        self.plan("--without=notes", flags=["-n"])
        self.assertEqual({path: path.read_bytes() for path in self.folder.glob("**/*") if path.is_file()}, before)
        ended = self.weir("plan", program("evolving"), "--from", self.folder / "ck", "--input", self.folder / "in",
                          "--output", self.folder / "out", "--version", 2)
        self.assertRegex(ended.out, r"keep/prices +state +migrated +the value is migrated from Price to Price")
        self.assertIn("The job goes on from it.", ended.out)

    def test_a_plan_says_what_is_incompatible_or_damaged(self):
        self.kill_in_the_middle()
        self.run_job(version=2, crash_at="restore: first checkpoint:1", status=-signal.SIGKILL)
        # Thousandths cannot become cents, for nobody said how.
        plan, states = self.plan(version=1, status=1)
        self.assertEqual(plan["outcome"], "cannot go on")
        self.assertEqual(states["keep/prices"]["becomes"], "incompatible")
        self.assertIn("thousandths: int64", plan["refusal"])
        self.assertIn("cents: int64", plan["refusal"])

    def test_a_copy_stands_on_its_own_and_nothing_is_overwritten(self):
        self.kill_in_the_middle()
        copy = self.folder / "copies" / "one"
        said = self.weir("checkpoint", "cp", self.folder / "ck", copy)
        self.assertRegex(said.out, r"copies/one: checkpoint \d+\.\d+ of job 'Evolving', \d+ state files, ")
        self.weir("checkpoint", "verify", copy)
        ended = self.weir("checkpoint", "cp", self.folder / "ck", copy, status=1)
        self.assertIn("exists already", ended.err)
        shutil.rmtree(self.folder / "ck")
        self.plan(checkpoint=copy)
        self.run_job(f"--weir.from={copy}", version=2, checkpoints="others")
        self.assert_exact()
        file = next((copy / "shared").iterdir())
        damaged = bytearray(file.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        file.unlink()
        file.write_bytes(damaged)
        ended = self.weir("checkpoint", "cp", copy, self.folder / "copies" / "two", status=1)
        self.assertIn(str(file), ended.err)
        ended = self.weir("checkpoint", "cat", copy, status=1)
        self.assertIn(str(file), ended.err)
        self.assertEqual(os.listdir(self.folder / "copies"), ["one"])
        file.unlink()
        ended = self.weir("plan", "--from", copy, program("evolving"), status=1)
        self.assertIn(f"{file} is missing", ended.err)

    def test_a_job_begins_with_a_copy_also_without_a_checkpoint_directory(self):
        self.kill_in_the_middle()
        copy, temporary = self.folder / "copy", self.folder / "tmp"
        self.weir("checkpoint", "cp", self.folder / "ck", copy)
        before = {path: path.read_bytes() for path in copy.glob("**/*") if path.is_file()}
        temporary.mkdir()
        command = [word for word in self.command(f"--weir.from={copy}", version=2) if "checkpoint-dir" not in str(word)]
        ended = subprocess.run([str(word) for word in command], env={**os.environ, "TMPDIR": str(temporary)},
                               capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("the job's checkpoints end with this process", ended.stderr)
        self.assert_exact()
        self.assertEqual(os.listdir(temporary), [])
        self.assertEqual({path: path.read_bytes() for path in copy.glob("**/*") if path.is_file()}, before)
        shutil.rmtree(temporary)
        ended = subprocess.run([str(word) for word in command], env={**os.environ, "TMPDIR": str(temporary)},
                               capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("$TMPDIR", ended.stderr)

    def test_a_comparison_says_which_side_lacks_a_state(self):
        self.kill_in_the_middle()
        self.weir("checkpoint", "cp", self.folder / "ck", self.folder / "first")
        self.run_job("--without=notes", "--weir.allow-non-restored-state", version=1,
                     crash_at="restore: first checkpoint:1", status=-signal.SIGKILL)
        ended = self.weir("checkpoint", "diff", "--state", "notes", self.folder / "first", self.folder / "ck", status=1)
        self.assertIn(f"the state 'keep/notes' is not in {self.folder / 'ck'}", ended.err)
        self.assertTrue(all(line.startswith("- keep/notes\t") for line in ended.out.splitlines()))
        ended = self.weir("checkpoint", "diff", "--state", "nothing", self.folder / "first", self.folder / "ck", status=2)
        self.assertIn("in either", ended.err)


if __name__ == "__main__":
    main()
