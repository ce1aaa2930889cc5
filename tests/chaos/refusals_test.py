"""Checkpoint directories that a job must not use, and jobs that must not take checkpoints: refused by name."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from processes import Case, main, program
from word_count_job import KILLED, everything_below


class Refusals(Case):
    def setUp(self):
        super().setUp()
        self.write("in/words", b"".join(b"%d\tw%d\n" % (time, time % 7) for time in range(0, 400_000)))

    def arguments(self, *more, parallelism=2, output="out", checkpoints="checkpoints"):
        return [program("shaped"), "--input", self.path("in"), "--output", self.path(output), "--weir.batch-size=1",
                f"--weir.checkpoint-dir={self.path(checkpoints)}", "--weir.checkpoint-interval=20ms",
                f"--weir.parallelism={parallelism}", *more]

    def run_job(self, *more, **options):
        return self.run_to_end(*self.arguments(*more, **options))

    def leave_a_checkpoint(self, *more):
        ended = self.run_to_end(*self.arguments(*more), environment={"WEIR_CRASH_AT": "checkpoint: delivered:2"})
        self.assertEqual(ended.status, KILLED, ended.err)

    def assert_refused(self, ended, *patterns, status=1):
        self.assertEqual(ended.status, status, ended.err)
        for pattern in patterns:
            self.assertRegex(ended.err, pattern)

    def assert_refused_and_harmless(self, ended, *patterns, status=1):
        """Refused; and the job as it was goes on as if nothing had happened."""
        self.assert_refused(ended, *patterns, status=status)
        self.assertEqual(self.run_job().status, 0)

    def test_a_directory_that_is_missing_is_made(self):
        ended = self.run_job()
        self.assert_ended(ended, 0)
        self.assertTrue(everything_below(self.path("checkpoints")))

    def test_a_file_in_the_place_of_the_directory_is_named(self):
        self.write("checkpoints", b"")
        self.assert_refused(self.run_job(), self.path("checkpoints"))

    def test_an_operator_without_a_name_is_refused_with_what_to_write(self):
        self.assert_refused(self.run_job("--sums="), r"\.name\(", status=2)
        self.assert_refused(self.run_job("--copies="), r"\.name\(", status=2)

    def test_a_doubled_name_is_refused(self):
        self.assert_refused(self.run_job("--second", "--sums=second"), "second'", r"\.name\(", status=2)

    def test_another_type_of_a_field_is_refused_with_both_schemas(self):
        self.leave_a_checkpoint()
        self.assert_refused_and_harmless(self.run_job("--count-type=int32"), "sums", r"\blong\b|int64", r"\bint\b|int32")

    def test_another_type_of_the_key_is_refused_with_both_schemas(self):
        self.leave_a_checkpoint()
        self.assert_refused_and_harmless(self.run_job("--key-type=number"), "sums", "string|text", r"\blong\b|int64")

    def test_another_number_of_key_groups_is_refused_with_both_numbers(self):
        self.leave_a_checkpoint()
        self.assert_refused_and_harmless(self.run_job("--weir.key-groups=128"), r"\b1024\b", r"\b128\b", "key.groups")

    def test_more_subtasks_than_key_groups_are_refused_with_both_numbers(self):
        self.leave_a_checkpoint("--weir.key-groups=4")
        self.assert_refused(self.run_job("--weir.key-groups=4", parallelism=5), "operator '", r"\b5\b", r"\b4\b",
                            status=2)
        self.assert_ended(self.run_job("--weir.key-groups=4", parallelism=4), 0)

    def test_a_changed_graph_is_refused(self):
        self.leave_a_checkpoint()
        self.assert_refused(self.run_job("--second"), "second")
        self.assert_refused_and_harmless(self.run_job("--sums=renamed"), "sums", "renamed")

    def test_a_directory_whose_log_is_gone_is_refused_and_left_alone(self):
        self.leave_a_checkpoint()
        (mine,) = os.listdir(self.path("checkpoints"))
        os.rename(self.path(f"checkpoints/{mine}/log"), self.path("kept"))
        self.assert_refused(self.run_job(), self.path(f"checkpoints/{mine}/log"), "bring the log back")
        os.rmdir(self.path(f"checkpoints/{mine}/log"))
        os.rename(self.path("kept"), self.path(f"checkpoints/{mine}/log"))
        self.assert_ended(self.run_job(), 0)

    def test_another_job_in_the_same_directory_has_a_place_of_its_own(self):
        self.leave_a_checkpoint()
        self.assert_ended(self.run_job("--weir.job=other", output="other"), 0)
        self.assert_ended(self.run_job(), 0)

    def test_a_directory_of_another_job_under_this_jobs_name_is_refused(self):
        self.leave_a_checkpoint()
        (mine,) = os.listdir(self.path("checkpoints"))
        self.assert_ended(self.run_job("--weir.job=other", output="other", checkpoints="others"), 0)
        (other,) = os.listdir(self.path("others"))
        os.rename(self.path(f"others/{other}"), self.path(f"checkpoints/{other}"))
        os.rename(self.path(f"checkpoints/{mine}"), self.path("kept"))
        os.rename(self.path(f"checkpoints/{other}"), self.path(f"checkpoints/{mine}"))
        self.assert_refused(self.run_job(), "other", "Shaped")

    def test_restore_none_demands_an_empty_directory(self):
        self.leave_a_checkpoint()
        self.assert_refused_and_harmless(self.run_job("--weir.restore=none"), self.path("checkpoints"), status=2)

    def test_a_job_that_has_finished_says_so_and_does_nothing(self):
        self.assert_ended(self.run_job(), 0)
        before = everything_below(self.path("out"))
        ended = self.run_job()
        self.assert_ended(ended, 0)
        self.assertRegex(ended.err, "finished")
        self.assertEqual(everything_below(self.path("out")), before)


if __name__ == "__main__":
    main()
