#!/usr/bin/env python3
"""Reference for the word count over a socket: what it prints for lines that arrive at given times.

Text is bytes throughout, because the job passes invalid UTF-8 on as it is. Time is the wall clock in
milliseconds at which the window operator handles a line; windows are aligned to the epoch.

    python3 socket_word_count.py SCRIPT [--window sliding:5s:1s] [--close MS [--drain]]

SCRIPT has one line for each line of text, `time_ms<TAB>text`; what is printed has the time of the
firing in front: `time_ms<TAB>WordWithCount(word,count)`. Words of one firing are sorted by their bytes;
the job may print them in any order.
"""

import argparse
import re
import sys
from collections import Counter

import flags

_SEPARATOR = re.compile(rb"[ \t\n\x0b\f\r]")


def split(line):
    """The words of `line`, as Java's split("\\\\s") gives them.

    Each separator stands alone, so two in a row have an empty word between them and a leading one has
    an empty word before it. Empty words at the end are dropped, but an empty line is one empty word.
    """
    if line == b"":
        return [b""]
    words = _SEPARATOR.split(line)
    while words and words[-1] == b"":
        words.pop()
    return words


def lines(stream):
    """The lines of everything a peer sent: ended by a newline, one trailing \\r stripped from each.

    Text after the last newline is a line as well.
    """
    parts = stream.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    return [part[:-1] if part.endswith(b"\r") else part for part in parts]


def printed(word, count, name="", subtask=0, parallelism=1):
    """A line of the printer, without its newline. `subtask` counts from 0, what is printed from 1."""
    prefix = name
    if parallelism > 1:
        prefix += (":" if name else "") + str(subtask + 1)
    return (prefix + "> " if prefix else "").encode() + b"WordWithCount(%s,%d)" % (word, count)


def firings(script, windows, close=None, drain=False):
    """The firings [(time, {word: count})] for `script`, a list of (time_ms, line), in order.

    A window fires when the clock reaches its end; one that holds nothing does not. `close` is the time
    at which the peer closes: windows that have not ended by then are lost, or with `drain` fire then.
    Without it the connection stays open for as long as anything can fire. The operator's clock does
    not go back where the times of the script do.
    """
    counts = {}
    clock = float("-inf")
    for time, line in script:
        clock = max(clock, time)
        if close is not None and clock > close:
            raise ValueError(f"a line arrives at {time}, after the peer closed at {close}")
        for window in windows.of(clock):
            counts.setdefault(window, Counter()).update(split(line))
    fired = []
    for (_, end), words in sorted(counts.items()):
        lost = close is not None and end > close and not drain
        if words and not lost:
            fired.append((end if close is None else min(end, close), dict(words)))
    return fired


def read_script(path):
    script = []
    with open(path, "rb") as file:
        for number, line in enumerate(lines(file.read()), 1):
            time, tab, text = line.partition(b"\t")
            if not tab or not re.fullmatch(rb"-?[0-9]+", time):
                raise ValueError(f"{path}:{number}: a line of a script is time_ms<TAB>text")
            script.append((int(time), text))
    return script


def main(arguments):
    parser = argparse.ArgumentParser(description="Print what the socket word count prints.")
    parser.add_argument("script")
    parser.add_argument("--window", default="sliding:5s:1s")
    parser.add_argument("--close", type=int, help="the time in ms at which the peer closes")
    parser.add_argument("--drain", action="store_true", help="fire what is left when the peer closes")
    options = parser.parse_args(arguments)
    if options.drain and options.close is None:
        parser.error("--drain needs --close")
    fired = firings(read_script(options.script), flags.windows(options.window), options.close, options.drain)
    for time, words in fired:
        for word, count in sorted(words.items()):
            sys.stdout.buffer.write(b"%d\t%s\n" % (time, printed(word, count)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"socket_word_count: {error}")
