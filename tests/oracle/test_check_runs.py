import io
import unittest

from check_runs import Judge

def text(*runs):
    """A file of one case: one input of x at 1 and at 12, and what was counted in each run."""
    file = b"case 3 10 10 0 0 0\ninput a 9\n1\tx\n12\tx\n\ninput b 0\n\n"
    for lines in runs:
        file += b"run 7 2\noutput part-1-1 %d\n%s\n" % (len(lines), lines)
    return file


def judged(file):
    judge = Judge()
    judge.judge(io.BytesIO(file))
    return judge


class CheckRuns(unittest.TestCase):
    def test_right_runs_have_no_faults(self):
        right = b"0\t10\tx\t1\n10\t20\tx\t1\n"
        judge = judged(text(right, right) + b"end 2\n")
        self.assertEqual(([], 2), (judge.faults, judge.runs))

    def test_a_wrong_run_is_named_by_seed_batch_size_and_parallelism(self):
        judge = judged(text(b"0\t10\tx\t1\n") + b"end 1\n")
        self.assertEqual(judge.faults, ["seed 3, batches of 7, parallelism 2: "
                                        "[10, 20) 'x': the final count is missing, expected 1"])

    def test_outputs_of_one_run_do_not_count_for_the_next(self):
        judge = judged(text(b"0\t10\tx\t1\n10\t20\tx\t1\n", b"") + b"end 2\n")
        self.assertEqual(len(judge.faults), 2)

    def test_a_file_that_breaks_off_or_lacks_runs_cannot_be_judged(self):
        for file in (text(b""), text(b"") + b"end 2\n", b"nonsense\n"):
            with self.assertRaises(ValueError):
                judged(file)


if __name__ == "__main__":
    unittest.main()
