"""Whether state is in RocksDB's files, and all of it: counted by RocksDB's tools, compared with what was read."""

import json
import os
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import OUT_OF_ORDERNESS, BlockInput
from processes import Case, main, program, run
from stored_state import Manifest, live_rows, newest_checkpoint, text_key
from word_count_job import KILLED, WordCountJob, difference, flags, word_count

SEED = 12
END = 1 << 62  # no timestamp is higher


class Read:
    """The lines of an input file in front of a position."""

    def __init__(self, path, position):
        offset = int(position.split(":")[0]) if position else 0
        with open(path, "rb") as file:
            data = file.read()
        lines = data[:offset].splitlines()
        self.records = [word_count.parse_record(line) for line in lines]
        self.at_end = offset == len(data)
        highest = max((time for time, _ in self.records), default=-END)
        self.watermark = END if self.at_end else highest - OUT_OF_ORDERNESS - 1


class StateFiles(Case):
    """The job is killed as soon as a checkpoint is complete; its files and its output must hold what was read."""

    def kill(self, window, parallelism):
        """The manifest of the newest checkpoint, and what `weir checkpoint ls` says of it."""
        self.input = BlockInput(SEED, window, records=30_000, words=3_000, blocks=40)
        self.input.write(self.path("in"))
        self.windows = flags.windows(window)
        self.job = WordCountJob(self.folder, [*self.input.arguments(), "--weir.batch-size=1"], parallelism, "20ms")
        status, said = self.job.run(environment={"WEIR_CRASH_AT": "checkpoint: completed directory synced:10"})
        self.assertEqual(status, KILLED, said)
        listed = run(program("weir"), "checkpoint", "ls", "--json", self.job.checkpoints)
        self.assertEqual(listed.status, 0, listed.err)
        (job,) = json.loads(listed.out)["jobs"]
        return Manifest(newest_checkpoint(job)), job["checkpoints"][-1]

    def read_so_far(self, manifest):
        positions = manifest.splits()
        names = os.listdir(self.job.input)
        self.assertLessEqual(set(positions), set(names))
        return [Read(os.path.join(self.job.input, name), positions.get(name, "")) for name in names]

    def output(self, manifest):
        """The result lines that a reader sees, and those that one will see when the checkpoint is delivered."""
        hidden = [os.path.join(self.job.output, handle.split("\t")[0]) for handle in manifest.staged("results")]
        staged = Counter(line for path in hidden if os.path.exists(path) for line in word_count.lines_of(path))
        return self.job.delivered() + staged

    def stored(self, handle, files=None):
        """(end of the slice, word) to its count."""
        rows = live_rows(handle, files)
        return {(row.slice_end, text_key(row.key)): int.from_bytes(row.value, "little") for row in rows}

    def fired(self, output):
        """The end of the last window that fired; as barriers are aligned, no subtask was behind."""
        return max((int(line.split(b"\t")[1]) for line in output), default=-END)

    def expected_output(self, read, fired):
        counts = Counter((start, end, word) for file in read for time, word in file.records
                         for start, end in self.windows.of(time) if end <= fired)
        return Counter(b"%d\t%d\t%s\t%d" % (*key, count) for key, count in counts.items())

    def expected_state(self, read, fired):
        """Records counted by slices, which are as long as the slide. One is gone with the last window that it is in."""
        size, slide = self.windows.size, self.windows.slide
        counts = Counter((time // slide * slide + slide, word) for file in read for time, word in file.records)
        return {key: count for key, count in counts.items() if key[0] - slide + size > fired}

    def check(self, window, parallelism):
        manifest, listed = self.kill(window, parallelism)
        handles = manifest.handles()
        self.assertEqual([handle.subtask for handle in handles], list(range(parallelism)))
        read, output = self.read_so_far(manifest), self.output(manifest)
        self.assertGreater(sum(len(file.records) for file in read), 0)
        self.assertLess(sum(len(file.records) for file in read), self.input.records)

        fired = self.fired(output)
        self.assertLessEqual(fired, min(file.watermark for file in read) + 1)
        self.assertEqual(difference(output, self.expected_output(read, fired)), "")

        expected = self.expected_state(read, fired)
        stored = [self.stored(handle) for handle in handles]
        self.assertGreater(len(expected), 0)
        self.assertEqual(sum(len(rows) for rows in stored), len(expected))
        self.assertEqual({key: count for rows in stored for key, count in rows.items()}, expected)
        self.assertEqual([len(rows) for rows in stored], [handle.entries for handle in handles])
        self.assertEqual(listed["entries"], len(expected))

    def test_hold_the_slices_of_one_subtask(self):
        self.check("sliding:200s:50s", 1)

    def test_hold_the_slices_of_three_subtasks(self):
        self.check("sliding:200s:50s", 3)

    def test_hold_the_windows_of_one_subtask(self):
        self.check("tumbling:200s", 1)

    def test_hold_the_windows_of_three_subtasks(self):
        self.check("tumbling:200s", 3)

    def test_of_which_one_is_left_out_lack_entries(self):
        """This is no comparison that anything would pass."""
        manifest, _ = self.kill("sliding:200s:50s", 3)
        for handle in manifest.handles():
            whole = self.stored(handle)
            without = [self.stored(handle, [file for file in handle.files if file is not left_out])
                       for left_out in handle.files]
            self.assertNotEqual(whole, {})
            self.assertTrue(any(len(rows) < len(whole) for rows in without), handle)


if __name__ == "__main__":
    main()
