"""How much memory a process takes: no more than it may, and when there is no more it says so."""

import os
import shutil

from many_keys_job import ENTRY, WIDE_ENTRY, ManyKeys, keys_of
from processes import PATIENCE, Case, main, program

KILOBYTES = 450_000  # of address space: libraries, stacks and arenas of some threads, and little else


class NoMemoryLeft(Case):
    def run_hungry(self, bytes, parallelism):
        return self.run_to_end("bash", "-c", f'ulimit -c 0; ulimit -v {KILOBYTES}; exec "$0" "$@"', program("hungry"),
                               "--input", self.path("in"), "--bytes", str(bytes), f"--weir.workers={parallelism}",
                               f"--weir.parallelism={parallelism}")

    def test_fails_the_job_with_a_message(self):
        self.write("in/numbers", b"".join(b"%d\n" % number for number in range(5_000_000)))
        # Small pieces leave nothing, not even for the message; large ones a little of everything.
        for bytes in (24, 200, 3000, 1_000_000):
            for parallelism in (1, 2):
                with self.subTest(bytes=bytes, parallelism=parallelism):
                    ended = self.run_hungry(bytes, parallelism)
                    self.assertEqual(ended.status, 1, ended.err)
                    self.assertRegex(ended.err, r"ERROR Hungry failed: Source: lines.*, at '.*std::bad_alloc")


class StateMemory(Case):
    """--weir.memory, with keys of ten times that size: the process takes no more than a quarter beyond it, on top of
    what it takes without state."""

    def most_memory(self, name, *arguments, **options):
        folder = self.path(name)
        os.makedirs(folder)
        job = ManyKeys(folder, *arguments, **options)
        with job.start() as process:
            self.assertTrue(job.watch(process, 4 * PATIENCE), "it does not finish")
            self.assertEqual(process.wait(PATIENCE), 0, process.err.data().decode(errors="replace"))
        self.assertEqual(job.difference(), "")
        shutil.rmtree(folder)
        return job.most_memory

    def test_it_stays_within_its_memory(self):
        base = self.most_memory("base", "window", 1_000, 16_000_000)
        # Small entries cost the most for each byte of state.
        for state, memory, entry in (("window", 20_000_000, ENTRY), ("wide", 36_000_000, WIDE_ENTRY)):
            for order in ("uniform", "zipf"):
                with self.subTest(state=state, memory=memory, order=order):
                    keys = keys_of(memory, entry)
                    most = self.most_memory(f"{state}-{order}", state, keys, memory, draws=keys // 8, order=order)
                    self.assertLessEqual(most, base + memory * 5 // 4, f"{base / 1e6} MB without state")

    def test_timers_stay_within_it(self):
        base = self.most_memory("base", "timer", 1_000, 16_000_000)
        most = self.most_memory("timers", "timer", keys_of(20_000_000) // 3, 20_000_000)
        self.assertLessEqual(most, base + 25_000_000, f"{base / 1e6} MB without state")


if __name__ == "__main__":
    main()
