"""README.md and the pages beside it: their code blocks, links and commands, with the lines they stand on."""

import re
from pathlib import Path
from typing import Iterator, NamedTuple

_FENCE = re.compile(r"^```(\w*)\s*$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_DEV = re.compile(r"^\./dev\s+(\S+)")
_VERB = re.compile(r"^verb_(\w+)\(\)", re.MULTILINE)


class Block(NamedTuple):
    page: str
    line: int  # of the block's first line
    language: str
    text: str


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def blocks(root: Path, page: Path) -> Iterator[Block]:
    language, first, lines = None, 0, []
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, first, lines = fence[1], number + 1, []
        elif language is not None and fence and not fence[1]:
            yield Block(page.relative_to(root).as_posix(), first, language, "\n".join(lines) + "\n")
            language = None
        elif language is not None:
            lines.append(line)


def programs(root: Path) -> list[Block]:
    """The blocks that claim to compile: C++ that includes what it needs."""
    found = [block for page in pages(root) for block in blocks(root, page)]
    return [block for block in found if block.language == "cpp" and "#include" in block.text]


def broken_links(root: Path) -> list[str]:
    found = []
    for page in pages(root):
        for number, line in enumerate(page.read_text().splitlines(), start=1):
            for target in _LINK.findall(line):
                path = target.split("#")[0]
                if path and "://" not in path and not (page.parent / path).exists():
                    found.append(f"{page.relative_to(root).as_posix()}:{number}: {target} does not exist")
    return found


def unknown_commands(root: Path) -> list[str]:
    """Lines of sh blocks that call a verb which ./dev does not have."""
    verbs = set(_VERB.findall((root / "dev").read_text()))
    found = []
    for page in pages(root):
        for block in blocks(root, page):
            for offset, line in enumerate(block.text.splitlines() if block.language == "sh" else ()):
                command = _DEV.match(line)
                if command and command[1] not in verbs:
                    found.append(f"{block.page}:{block.line + offset}: ./dev has no verb {command[1]}")
    return found


def unlisted_decisions(root: Path) -> list[str]:
    index = (root / "docs/README.md").read_text()
    names = [path.name for path in sorted((root / "docs/adr").glob("*.md"))]
    return [f"docs/README.md: adr/{name} is not listed" for name in names if f"adr/{name}" not in index]
