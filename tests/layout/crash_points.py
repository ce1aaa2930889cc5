"""The law of crash points: core's list and the code name the same ones, so that killing at all of them kills everywhere."""

import re
from pathlib import Path
from typing import Iterator

from cpp_source import Finding, cpp_files
from layers import MAY_INCLUDE

LIST = "core/include/weir/core/crash_points.h"

_CALL = re.compile(r'\bcrash_point\(\s*"([^"]*)"')
_LITERAL = re.compile(r'"([^"\\\n]*)"')
_LISTED = re.compile(r'^\s*"([^"]*)",?\s*$')


def check(root: Path) -> list[Finding]:
    """Names that are called and not listed, and names that are listed and that no code knows."""
    listed = dict(_listed(root))
    return [*_unlisted(root, listed), *_unused(root, listed)]


def _listed(root: Path) -> Iterator[tuple[str, int]]:
    for number, line in enumerate((root / LIST).read_text().splitlines(), start=1):
        if match := _LISTED.match(line):
            yield match[1], number


def _sources(root: Path) -> Iterator[Path]:
    for folder in MAY_INCLUDE:
        yield from (path for path in cpp_files(root / folder) if path != root / LIST)


def _unlisted(root: Path, listed: dict[str, int]) -> Iterator[Finding]:
    for path in _sources(root):
        text = path.read_text()
        for match in _CALL.finditer(text):
            if match[1] not in listed:
                line = text.count("\n", 0, match.start()) + 1
                yield Finding(path.relative_to(root).as_posix(), line, f"the crash point '{match[1]}' is not in {LIST}")


def _unused(root: Path, listed: dict[str, int]) -> Iterator[Finding]:
    # A name may reach the call through a variable: any literal counts.
    known = {match[1] for path in _sources(root) for match in _LITERAL.finditer(path.read_text())}
    for name, line in listed.items():
        if name not in known:
            yield Finding(LIST, line, f"no code has the crash point '{name}': take it off the list")
