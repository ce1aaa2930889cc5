"""usage: compile_fail.py SNIPPET COMPILER [FLAG...]

Compiles a snippet and sees that it is refused for the reason it gives: the compiler fails, its output has the text of
every `// expect: <text>` line, and `static assertion failed` appears once. A snippet control_*.cc must compile.
"""

import re
import subprocess
import sys
from pathlib import Path

_EXPECT = re.compile(r"^\s*// expect: (.+?)\s*$", re.MULTILINE)
_ASSERTION = "static assertion failed"


def verdict(snippet: Path, command: list[str]) -> str | None:
    """What is wrong, or None."""
    expected = _EXPECT.findall(snippet.read_text())
    run = subprocess.run([*command, str(snippet)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = f"\nThe compiler said:\n{run.stdout}"
    if snippet.name.startswith("control_"):
        return f"{snippet.name} must compile and does not.{said}" if run.returncode else None
    if not expected:
        return f"{snippet.name} has no line '// expect: <text>'"
    if run.returncode == 0:
        return f"{snippet.name} compiles, and must not: expected '{expected[0]}'"
    for text in expected:
        if text not in run.stdout:
            return f"{snippet.name} is refused without the words '{text}'.{said}"
    if (count := run.stdout.count(_ASSERTION)) != 1:
        return f"{snippet.name}: '{_ASSERTION}' appears {count} times instead of once.{said}"
    first = next(line for line in run.stdout.splitlines() if "error:" in line)
    if _ASSERTION not in first:
        return f"{snippet.name}: another error comes before the sentence: {first}{said}"
    return None


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = verdict(Path(sys.argv[1]), sys.argv[2:])
    if wrong:
        print(wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
