"""The command `weir checkpoint` on the directories of tests/golden, which Weir 0.1.0 wrote."""

import json
import shutil
import tempfile
from pathlib import Path

from processes import Case, main, program

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "checkpoints"
ORDERS = "b47e5f278b024151d3047ab9cc789b9d"
INVOICES = "d0c47ece72f367b2450a7fa835964b82"


class CheckpointCase(Case):
    def setUp(self):
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name) / "checkpoints"
        shutil.copytree(GOLDEN, self.root)

    def weir(self, *arguments, status=0):
        ended = self.run_to_end(program("weir"), *map(str, arguments))
        self.assert_ended(ended, status)
        return ended

    def files(self):
        return sorted(path for path in self.root.rglob("*") if path.is_file())


class Ls(CheckpointCase):
    def test_lists_the_checkpoints_of_all_jobs(self):
        lines = self.weir("checkpoint", "ls", self.root).out.splitlines()
        self.assertEqual(
            lines,
            [
                f"job 'orders' in {self.root}/{ORDERS}, generation 1",
                "  CHECKPOINT  TAKEN AT                STATE  FILES  ENTRIES  STAGED  WEIR   CONDITION",
                "  1.2         2026-01-01T00:00:02Z  1.5 KiB      2       20       2  0.1.0  fine",
                "  1.3         2026-01-01T00:00:03Z  1.6 KiB      2       30       1  0.1.0  fine",
                f"job 'invoices' in {self.root}/{INVOICES}, generation 1, finished",
                "  CHECKPOINT  TAKEN AT              STATE  FILES  ENTRIES  STAGED  WEIR   CONDITION",
                "  1.1         2026-01-01T00:00:04Z    0 B      0        0       0  0.1.0  fine",
                "  1.2         2026-01-01T00:00:04Z    0 B      0        0       0  0.1.0  fine, final",
            ],
        )

    def test_lists_one_job_by_its_own_directory(self):
        out = self.weir("checkpoint", "ls", self.root / ORDERS).out
        self.assertIn("orders", out)
        self.assertNotIn("invoices", out)

    def test_prints_json(self):
        jobs = json.loads(self.weir("checkpoint", "ls", "--json", self.root).out)["jobs"]
        self.assertEqual(["orders", "invoices"], [job["job"] for job in jobs])
        newest = jobs[0]["checkpoints"][-1]
        self.assertEqual((1, 3, 4), (newest["generation"], newest["checkpoint"], newest["log_index"]))
        self.assertEqual((1620, 2, 30, 1), (newest["state_bytes"], newest["state_files"], newest["entries"], newest["staged"]))
        self.assertEqual([{"name": "numbers", "kind": "source", "parallelism": 1},
                          {"name": "files", "kind": "sink", "parallelism": 2}], newest["nodes"])

    def test_shows_a_checkpoint_whose_manifest_is_gone(self):
        (self.root / ORDERS / "chk" / "1.3" / "MANIFEST").unlink()
        out = self.weir("checkpoint", "ls", self.root, status=1).out
        self.assertRegex(out, r"(?m)^  1\.3 .* DAMAGED$")
        self.assertIn("MANIFEST is missing", out)


class Verify(CheckpointCase):
    def test_finds_what_was_written_fine(self):
        out = self.weir("checkpoint", "verify", self.root).out
        self.assertIn("  fine: read 7 files, 2.6 KiB\n", out)
        self.assertEqual(len(self.files()), 7 + 5)

    def test_finds_damage_in_every_file_and_names_it(self):
        for path in self.files():
            with self.subTest(path=path.name):
                whole = path.read_bytes()
                damaged = bytearray(whole)
                damaged[len(damaged) // 2] ^= 0x10
                path.write_bytes(damaged)
                self.assertIn(str(path), self.weir("checkpoint", "verify", self.root, status=1).out)
                path.write_bytes(whole[:-1])
                self.assertIn(str(path), self.weir("checkpoint", "verify", self.root, status=1).out)
                path.write_bytes(whole)
        self.weir("checkpoint", "verify", self.root)

    def test_finds_a_missing_state_file(self):
        path = self.root / ORDERS / "shared" / "1.1.1.0-0.0.sst"
        path.unlink()
        ended = self.weir("checkpoint", "verify", "--json", self.root, status=1)
        orders = json.loads(ended.out)["jobs"][0]
        self.assertTrue(orders["damaged"])
        for checkpoint in orders["checkpoints"]:
            self.assertEqual([f"{path} is missing"], checkpoint["problems"])

    def test_changes_nothing(self):
        before = {path: path.read_bytes() for path in self.files()}
        self.weir("checkpoint", "verify", self.root)
        self.assertEqual(before, {path: path.read_bytes() for path in self.files()})


class Usage(CheckpointCase):
    def test_is_told_by_help(self):
        for arguments in ((), ("checkpoint",), ("checkpoint", "ls"), ("checkpoint", "verify")):
            out = self.weir(*arguments, "--help").out
            self.assertIn("Usage:", out)
            self.assertIn("Exit status:", out)

    def test_is_refused_with_status_2(self):
        for arguments in ((), ("checkpoint",), ("checkpoint", "ls"), ("checkpoint", "burn", "x"), ("nonsense",),
                          ("checkpoint", "ls", "--loud", "x")):
            with self.subTest(arguments=arguments):
                ended = self.weir(*arguments, status=2)
                self.assertEqual("", ended.out)
                self.assertIn("--help", ended.err)

    def test_names_a_directory_that_is_not_there_or_no_checkpoint_directory(self):
        self.assertIn(f"there is no directory {self.root}/x", self.weir("checkpoint", "ls", self.root / "x", status=2).err)
        empty = self.root / "empty"
        empty.mkdir()
        self.assertIn(f"{empty} is no checkpoint directory", self.weir("checkpoint", "verify", empty, status=2).err)

    def test_cat_says_that_there_are_no_entries_behind_the_end_of_the_input(self):
        ended = self.weir("checkpoint", "cat", self.root / INVOICES)
        self.assertEqual("", ended.out)
        self.assertEqual(f"weir: checkpoint 1.2 in {self.root / INVOICES} has no entries: all input was read by then\n",
                         ended.err)


if __name__ == "__main__":
    main()
