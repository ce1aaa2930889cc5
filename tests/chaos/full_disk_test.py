"""A checkpoint directory on a disk that fills up, and on one that cannot be written."""

import contextlib
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import Case, main
from watcher import Watcher
from word_count_job import WordCountJob, difference


class Disks(Case):
    def mount(self, name, options):
        """A small file system of its own. Skips the test where nobody may mount one."""
        folder = self.path(name)
        os.makedirs(folder)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        mounted = subprocess.run(command, capture_output=True, text=True)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"needs a file system of its own, but {' '.join(command)} says: {mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    def new_job(self, checkpoints, blocks):
        self.input = BlockInput(5, "tumbling:10s", words=200, blocks=blocks)
        self.input.write(self.path("in"))
        return WordCountJob(self.folder, [*self.input.arguments(), "--weir.batch-size=1"], checkpoints=checkpoints)

    def test_a_disk_that_fills_up_fails_checkpoints_not_the_job(self):
        disk = self.mount("disk", "size=16m")
        job = self.new_job(os.path.join(disk, "checkpoints"), 60)
        with Watcher(job.output, job.late) as watcher, job.start() as process:
            entries = job.wait_for_log_entry(2)
            filler = os.path.join(disk, "filler")
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * 65536)
            process.err.wait_for(rb"checkpoint \d+ failed: .*No space left on device")
            process.err.wait_for(rb"(?s)(checkpoint \d+ failed: .*){3}")
            self.assertTrue(process.is_running(), "the job goes on without checkpoints")
            os.remove(filler)
            self.assertEqual(process.wait(), 0, process.err.data().decode())
        self.assertGreater(job.wait_for_log_entry(0), entries)
        self.assertEqual(watcher.faults, [])
        self.assertEqual(difference(job.delivered(), self.input.expected()), "")

    def test_a_disk_that_is_full_from_the_start_is_named(self):
        disk = self.mount("disk", "size=64k")
        with open(os.path.join(disk, "filler"), "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        job = self.new_job(os.path.join(disk, "checkpoints"), 1)
        status, said = job.run()
        self.assertEqual(status, 1)
        self.assertRegex(said, rf"{disk}.*No space left on device")

    def test_a_read_only_disk_is_named(self):
        disk = self.mount("disk", "ro")
        job = self.new_job(os.path.join(disk, "checkpoints"), 1)
        status, said = job.run()
        self.assertEqual(status, 1)
        self.assertRegex(said, rf"{disk}.*Read-only file system")
        self.assertFalse(os.path.exists(job.output) and os.listdir(job.output))


if __name__ == "__main__":
    main()
