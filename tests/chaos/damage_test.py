"""Files of a real checkpoint directory that were damaged: found before they are used, and named."""

import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import Case, main, program, run
from word_count_job import KILLED, WordCountJob, difference, everything_below

SEED = 11


def flip_a_bit(path, rng):
    with open(path, "r+b") as file:
        at = rng.randrange(os.path.getsize(path))
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << rng.randrange(8)]))
    return f"bit flipped in byte {at}"


def cut(path, rng):
    size = rng.randrange(os.path.getsize(path))
    os.truncate(path, size)
    return f"cut to {size} bytes"


def lengthen(path, _):
    with open(path, "ab") as file:
        file.write(b"\0")
    return "one byte longer"


def remove(path, _):
    os.remove(path)
    return "removed"


def number_of(manifest):
    return int(os.path.basename(os.path.dirname(manifest)).split(".")[1])


class Damage(Case):
    """Every test damages a copy of one directory, that of a job which was killed behind four checkpoints."""

    def setUp(self):
        super().setUp()
        self.rng = random.Random(SEED)
        # A slow disk lets a short job end before it has as many checkpoints, or with the fourth.
        for blocks in (30, 120, 480):
            self.input = BlockInput(SEED, "tumbling:200s", words=2000, blocks=blocks)
            self.input.write(self.path("job/in"))
            self.job = WordCountJob(self.path("job"), [*self.input.arguments(), "--weir.batch-size=1"])
            status, said = self.job.run(environment={"WEIR_CRASH_AT": "checkpoint: delivered:4"})
            if status == KILLED and self.look_at_files():
                break
            shutil.rmtree(self.path("job"))
        else:
            self.fail(said)
        for name in ("checkpoints", "out", "late"):
            shutil.copytree(self.path(f"job/{name}"), self.path(f"good/{name}"))
        self.assertGreaterEqual(len(self.manifests), 2)
        self.assertGreaterEqual(len(self.state_files), 2)

    def look_at_files(self):
        """Whether the newest checkpoint has files of its own: that with which a job ends has none."""
        manifests = [path for path in everything_below(self.job.checkpoints) if path.endswith("/MANIFEST")]
        self.manifests = sorted(manifests, key=number_of)
        with open(self.manifests[-1], "rb") as file:
            manifest = file.read()
        # Names stand in a manifest as they are.
        self.state_files = [path for path in everything_below(self.job.checkpoints)
                            if "/shared/" in path and os.path.basename(path).encode() in manifest]
        newest = str(number_of(self.manifests[-1]))
        return any(os.path.basename(path).split(".")[2] == newest for path in self.state_files)

    def restore_all(self):
        for name in ("checkpoints", "out", "late"):
            shutil.rmtree(self.path(f"job/{name}"))
            shutil.copytree(self.path(f"good/{name}"), self.path(f"job/{name}"))

    def relative(self, path):
        """As messages name it: from shared/, chk/ or log/ on."""
        return os.path.relpath(path, self.job.checkpoints).split(os.sep, 1)[1]

    def delivered(self):
        """What a reader of the output sees. What was staged for a checkpoint that never completed may go at any time."""
        paths = [path for path in everything_below(self.job.output) if "/.weir/" not in path]
        return {path: Path(path).read_bytes() for path in paths}

    def assert_found(self, what, *paths):
        """Neither the job nor `weir checkpoint verify` overlooks the damage: both name one of the files."""
        before = self.delivered()
        names = [self.relative(path) for path in paths]
        verified = run(program("weir"), "checkpoint", "verify", self.job.checkpoints)
        self.assertNotIn(verified.status, (0, 2), f"{what}: verify said:\n{verified.out}{verified.err}")
        said_all = verified.out + verified.err
        self.assertTrue(any(name in said_all for name in names), f"{what}: verify names none of {names}:\n{said_all}")
        status, said = self.job.run()
        self.assertEqual(status, 1, f"{what}: the job said:\n{said}")
        self.assertTrue(any(name in said for name in names), f"{what}: the job names none of {names}:\n{said}")
        self.assertTrue(before == self.delivered(), f"{what}: the output changed")

    def damage(self, paths, how, times=1):
        for path in paths:
            for _ in range(times):
                what = f"{self.relative(path)}: {how(path, self.rng)}"
                with self.subTest(what):
                    self.assert_found(what, path)
                self.restore_all()

    def test_undamaged_it_verifies_and_the_job_goes_on_from_it(self):
        verified = run(program("weir"), "checkpoint", "verify", self.job.checkpoints)
        self.assertEqual(verified.status, 0, verified.out + verified.err)
        self.job.finish()
        self.assertEqual(difference(self.job.delivered(), self.input.expected()), "")

    def test_flipped_bits(self):
        self.damage(self.state_files, flip_a_bit, 2)
        self.damage(self.manifests[-1:], flip_a_bit, 10)

    def test_cut_lengthened_and_removed_files(self):
        for how in (cut, lengthen, remove):
            self.damage(self.state_files[:2] + self.manifests[-1:], how)

    def test_swapped_files(self):
        for one, other in ((self.state_files[0], self.state_files[1]), (self.manifests[-1], self.manifests[-2])):
            with self.subTest(one=one, other=other):
                for source, target in ((one, "swap"), (other, one), (self.path("swap"), other)):
                    shutil.move(source, target if os.path.isabs(target) else self.path(target))
                self.assert_found(f"{one} and {other} swapped", one, other)
            self.restore_all()

    def test_a_job_whose_newest_log_entry_is_gone_shows_nothing_twice(self):
        entries = [path for path in everything_below(self.job.checkpoints) if "/log/" in path]
        os.remove(max(entries, key=lambda path: int(os.path.basename(path))))
        status, said = self.job.run()
        self.assertEqual(status, 1, said)
        self.assertIn("is there already, written by something else", said)
        self.assertEqual(self.job.delivered() - self.input.expected(), Counter())

    def test_a_job_whose_damaged_file_was_put_back_goes_on(self):
        flip_a_bit(self.state_files[0], self.rng)
        self.assert_found("before it is put back", self.state_files[0])
        shutil.copyfile(self.state_files[0].replace(self.path("job"), self.path("good")), self.state_files[0])
        self.job.finish()
        self.assertEqual(difference(self.job.delivered(), self.input.expected()), "")
        self.assertEqual(self.job.leftovers(), [])


if __name__ == "__main__":
    main()
