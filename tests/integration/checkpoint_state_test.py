"""`weir checkpoint inspect|cat|diff|gc` on what a killed job left, against what the input says that state must be."""

import collections
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from processes import Case, main, program

WINDOW = 10_000  # ms
FILES = 3
WORDS = 300


def write_input(folder, seed, lines):
    """Files of records that are out of order by less than two seconds."""
    chance = random.Random(seed)
    folder.mkdir()
    for file in range(FILES):
        with open(folder / f"f{file}.txt", "w", encoding="ascii") as out:
            for line in range(lines):
                out.write(f"{1_700_000_000_000 + line * 20 + chance.randrange(1900)}\tw{chance.randrange(WORDS)}\n")


class KilledJob(Case):
    """A word count that was killed behind some completed checkpoint."""

    def setUp(self):
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def command(self, parallelism=2):
        return [program("event_time_word_count"), "--input", self.folder / "in", "--output", self.folder / "out",
                "--late", self.folder / "late", "--window", "tumbling:10s", "--out-of-orderness", "2s",
                "--weir.checkpoint-dir", self.folder / "ck", "--weir.checkpoint-interval", "10ms", "--weir.workers", "2",
                "--weir.batch-size", "1", "--weir.parallelism", str(parallelism), "--weir.checkpoint-retained", "3"]

    def run_until_killed(self, *points):
        """Runs and runs again, killed at each of the points. On a slow disk only a long job has as many checkpoints."""
        for lines in (60_000, 240_000, 960_000):
            for left in self.folder.iterdir():
                shutil.rmtree(left)
            write_input(self.folder / "in", seed=7, lines=lines)
            if all(self.is_killed(at) for at in points):
                return
        self.fail(f"the job ended before it came to {points}")

    def is_killed(self, at):
        ended = subprocess.run([str(word) for word in self.command()], env={**os.environ, "WEIR_CRASH_AT": at},
                               capture_output=True, timeout=120)
        self.assertIn(ended.returncode, (0, -signal.SIGKILL), ended.stderr.decode())
        return ended.returncode != 0

    def weir(self, *arguments, status=0):
        ended = self.run_to_end(program("weir"), "checkpoint", *map(str, arguments))
        self.assert_ended(ended, status)
        return ended

    def checkpoints(self):
        job, = json.loads(self.weir("ls", "--json", self.folder / "ck").out)["jobs"]
        return [checkpoint["checkpoint"] for checkpoint in job["checkpoints"]]

    def named(self, checkpoint):
        return f"{self.folder}/ck@{checkpoint}"

    def inspected(self, checkpoint):
        return json.loads(self.weir("inspect", "--json", self.named(checkpoint)).out)

    def cat(self, checkpoint, *options):
        lines = self.weir("cat", "--json", *options, self.named(checkpoint)).out.splitlines()
        return {(entry["slice_end_ms"], entry["key"]): entry["value"] for entry in map(json.loads, lines)}

    def expected(self, checkpoint):
        """The counts of what had been read, without the windows that had fired."""
        nodes = {node["name"]: node for node in self.inspected(checkpoint)["nodes"]}
        horizon = max(state["horizon_ms"] or 0 for subtask in nodes["counts"]["subtasks"]
                      for state in subtask["keyed"]["states"])
        counts = collections.Counter()
        for subtask in nodes["Source: Lines"]["subtasks"]:
            for split in subtask["splits"]:
                offset = int((split["position"] or "0").partition(":")[0])
                for line in (self.folder / "in" / split["id"]).read_bytes()[:offset].splitlines():
                    time, _, word = line.decode().partition("\t")
                    end = int(time) // WINDOW * WINDOW + WINDOW
                    if end > horizon:
                        counts[end, word] += 1
        return dict(counts)


class Cat(KilledJob):
    def test_prints_exactly_the_state_that_the_input_read_so_far_has(self):
        most = 0
        for delivered in (4, 8, 16):  # on a loaded machine the first checkpoints are taken before much was read
            self.run_until_killed(f"checkpoint: delivered:{delivered}")
            for checkpoint in self.checkpoints():
                expected = self.expected(checkpoint)
                self.assertEqual(expected, self.cat(checkpoint))
                most = max(most, len(expected))
            if most > WORDS // 2:
                return
        self.fail(f"no checkpoint had more than {most} entries")

    def test_prints_one_key_or_says_that_there_is_none(self):
        self.run_until_killed("checkpoint: delivered:3")
        newest = self.checkpoints()[-1]
        whole = self.cat(newest)
        (_, key), _ = whole.popitem()
        of_key = {slice_and_key: count for slice_and_key, count in self.cat(newest).items() if slice_and_key[1] == key}
        self.assertEqual(of_key, self.cat(newest, "--key", key))
        self.assertEqual(of_key, self.cat(newest, "--key", json.dumps(key), "--state", "counts"))
        self.assertIn("no entry of the key nobody", self.weir("cat", self.named(newest), "--key", "nobody", status=1).err)

    def test_names_the_states_and_checkpoints_that_there_are(self):
        self.run_until_killed("checkpoint: delivered:3")
        newest = self.checkpoints()[-1]
        self.assertIn("there is no state 'sums': there is counts/slices",
                      self.weir("cat", self.named(newest), "--state", "sums", status=2).err)
        self.assertRegex(self.weir("cat", self.named(4711), status=2).err, rf"no checkpoint 4711 in .*: it has .*1\.{newest}")
        self.assertIn("there is no directory", self.weir("cat", self.folder / "nowhere", status=2).err)

    def test_finds_damage_before_it_prints_anything(self):
        self.run_until_killed("checkpoint: delivered:3")
        newest = self.checkpoints()[-1]
        manifest, = (self.folder / "ck").glob(f"*/chk/*.{newest}/MANIFEST")
        file = next(file for file in sorted((self.folder / "ck").glob("*/shared/*"))
                    if file.name.encode() in manifest.read_bytes())
        damaged = bytearray(file.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        file.write_bytes(damaged)
        ended = self.weir("cat", self.named(newest), status=1)
        self.assertEqual("", ended.out)
        self.assertIn(file.name, ended.err)

    def test_leaves_nothing_behind(self):
        self.run_until_killed("checkpoint: delivered:3")
        scratch = self.folder / "scratch"
        before = sorted((self.folder / "ck").rglob("*"))
        self.weir("cat", self.folder / "ck", "--scratch", scratch)
        self.assertEqual([], list(scratch.iterdir()))
        self.assertEqual(before, sorted((self.folder / "ck").rglob("*")))


class Diff(KilledJob):
    def test_prints_what_the_input_between_two_checkpoints_changed(self):
        self.run_until_killed("checkpoint: delivered:4")
        first, *_, last = self.checkpoints()
        before, after = self.expected(first), self.expected(last)
        lines = [json.loads(line) for line in
                 self.weir("diff", "--json", self.named(first), self.named(last), status=1).out.splitlines()]
        told = {side: {(line["slice_end_ms"], line["key"]): line["value"] for line in lines if line["in"] == side}
                for side in ("first", "second")}
        self.assertEqual({entry: count for entry, count in before.items() if after.get(entry) != count}, told["first"])
        self.assertEqual({entry: count for entry, count in after.items() if before.get(entry) != count}, told["second"])

    def test_of_equal_checkpoints_prints_nothing(self):
        self.run_until_killed("checkpoint: delivered:3")
        newest = self.named(self.checkpoints()[-1])
        self.assertEqual("", self.weir("diff", newest, newest).out)


class Gc(KilledJob):
    def test_removes_what_a_killed_process_left_and_nothing_else(self):
        self.run_until_killed("checkpoint: exported:7", "checkpoint: state file synced:7")
        files = lambda: {path for path in (self.folder / "ck").rglob("*") if path.is_file()}
        before = files()
        listed = json.loads(self.weir("gc", "--json", "--dry-run", self.folder / "ck").out)
        self.assertTrue(any("/shared/" in path for path in listed["paths"]), listed)
        self.assertGreater(listed["bytes"], 0)
        self.assertEqual(before, files())
        self.weir("gc", self.folder / "ck")
        gone = before - files()
        self.assertTrue(all(any(str(path).startswith(listed_path) for listed_path in listed["paths"]) for path in gone), gone)
        self.assertFalse([path for path in listed["paths"] if os.path.exists(path)])
        self.weir("verify", self.folder / "ck")
        self.assertEqual(self.expected(self.checkpoints()[-1]), self.cat(self.checkpoints()[-1]))
        self.assertIn("removed 0 paths", self.weir("gc", self.folder / "ck").out)

    def test_removes_nothing_when_it_cannot_know_what_is_needed(self):
        self.run_until_killed("checkpoint: state file synced:7")
        manifest = sorted((self.folder / "ck").glob("*/chk/*/MANIFEST"))[0]
        manifest.write_bytes(manifest.read_bytes()[:-1])
        before = sorted((self.folder / "ck").rglob("*"))
        self.assertIn("MANIFEST", self.weir("gc", self.folder / "ck", status=1).err)
        self.assertEqual(before, sorted((self.folder / "ck").rglob("*")))

    def test_does_each_job_of_a_directory_for_itself(self):
        self.run_until_killed("checkpoint: state file synced:5")
        job, = (path for path in (self.folder / "ck").iterdir() if path.is_dir())
        damaged, runs, other = (job.with_name(letter * 32) for letter in "0ef")
        for copy in (damaged, runs, other):
            shutil.copytree(job, copy)
        manifest = sorted(damaged.glob("chk/*/MANIFEST"))[0]
        manifest.write_bytes(manifest.read_bytes()[:-1])
        state = lambda folder: sorted(path.relative_to(folder) for path in folder.rglob("*") if path.name != "lock")
        whole = state(job)
        with open(runs / "lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ended = self.weir("gc", self.folder / "ck", status=1)
        self.assertIn(f"{damaged}: nothing is removed", ended.err)
        self.assertIn(f"{runs} is held by", ended.err)
        self.assertEqual([whole, whole], [state(damaged), state(runs)])
        self.assertLess(len(state(job)), len(whole))
        self.assertEqual(state(job), state(other))
        self.weir("verify", job)


if __name__ == "__main__":
    main()
