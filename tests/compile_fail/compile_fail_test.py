"""usage: compile_fail_test.py COMPILER [FLAG...]: sees that the harness tells good snippets from bad ones."""

import sys
import tempfile
import unittest
from pathlib import Path

from compile_fail import verdict

COMMAND: list[str] = []


class CompileFail(unittest.TestCase):
    def judge(self, name: str, text: str) -> str | None:
        with tempfile.TemporaryDirectory() as directory:
            snippet = Path(directory) / name
            snippet.write_text(text)
            return verdict(snippet, COMMAND)

    def test_accepts_a_refusal_with_the_expected_words(self):
        self.assertIsNone(self.judge("a.cc", '// expect: write this\nstatic_assert(sizeof(int) == 1, "write this");\n'))

    def test_sees_static_assertions_in_templates_that_are_used(self):
        text = '// expect: write this\ntemplate <class T> void f() { static_assert(sizeof(T) == 0, "write this"); }\nvoid g() { f<int>(); }\n'
        self.assertIsNone(self.judge("a.cc", text))

    def test_names_a_snippet_that_compiles(self):
        self.assertIn("compiles, and must not", self.judge("a.cc", "// expect: write this\nint i;\n"))

    def test_names_a_refusal_for_another_reason(self):
        self.assertIn("without the words", self.judge("a.cc", "// expect: write this\nint i = nothing;\n"))

    def test_wants_one_failed_static_assertion(self):
        none = "// expect: nothing\nint i = nothing;\n"
        two = '// expect: write\nstatic_assert(sizeof(int) == 1, "write");\nstatic_assert(sizeof(int) == 2, "write");\n'
        self.assertIn("appears 0 times", self.judge("a.cc", none))
        self.assertIn("appears 2 times", self.judge("a.cc", two))

    def test_wants_the_sentence_before_other_errors(self):
        text = '// expect: write\nint i = nothing;\nstatic_assert(sizeof(int) == 1, "write");\n'
        self.assertIn("another error comes before", self.judge("a.cc", text))

    def test_wants_to_know_what_to_expect(self):
        self.assertIn("no line '// expect:", self.judge("a.cc", "int i = nothing;\n"))

    def test_lets_a_control_compile_and_names_one_that_does_not(self):
        self.assertIsNone(self.judge("control_a.cc", "#include <weir/core/time.h>\nweir::Timestamp t;\n"))
        self.assertIn("must compile and does not", self.judge("control_a.cc", "int i = nothing;\n"))


if __name__ == "__main__":
    COMMAND = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
