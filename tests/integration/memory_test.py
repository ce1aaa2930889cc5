"""A process that runs out of memory says so and fails, whatever it was that could not be had."""

from processes import Case, main, program

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


if __name__ == "__main__":
    main()
