"""Random input for the event-time word count: files of lines `timestamp_ms<TAB>word`.

Time goes on in each file by random steps from --start. A timestamp stays behind it by at most the
out-of-orderness, so that it is not late; a --late share of the records stays further behind, by up to
--late-by, and may be. The same flags give the same files.
"""

import os
import random

import flags

# Words that a program which takes bytes for text, or a tab for the end of a word, gets wrong.
ODD_WORDS = [b"", b" ", b"two words", b"a\tb", b"\xff\xfe", b"nul\x00nul", "größe".encode()]
ODD_LINES = [b"", b"no timestamp", b"12", b"12 spaces", b"1.5\tfraction", b"\tword", b"0x10\thex",
             b"250000000000001\ttoo far", b"-250000000000001\ttoo far", b"99999999999999999999\ttoo large"]


def add_arguments(parser):
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--files", type=int, default=3, help="files with records")
    parser.add_argument("--empty-files", type=int, default=0, help="further files without any")
    parser.add_argument("--records", type=int, default=1000, help="records in all files together")
    parser.add_argument("--words", type=int, default=20, help="different words: w0, w1, ...")
    parser.add_argument("--odd-words", action="store_true", help="also empty words, blanks, tabs, invalid UTF-8, NUL")
    parser.add_argument("--start", type=int, default=-20_000, help="the time in ms at which files begin")
    parser.add_argument("--skew", default="0", help="how much later each file begins than the one before it")
    parser.add_argument("--step", default="100ms", help="the mean step of time; 0: all timestamps are equal")
    parser.add_argument("--out-of-orderness", default="0")
    parser.add_argument("--late", type=float, default=0.0, help="the share of records that may be late")
    parser.add_argument("--late-by", default="1min")
    parser.add_argument("--malformed", type=float, default=0.0, help="the share of further lines that are no records")


def generate(options):
    """Writes the files `input-<n>.txt`; every second one ends without a newline."""
    rng = random.Random(options.seed)
    step, skew = flags.duration(options.step), flags.duration(options.skew)
    out_of_orderness, late_by = flags.duration(options.out_of_orderness), flags.duration(options.late_by)
    words = [b"w%d" % n for n in range(options.words)] + (ODD_WORDS if options.odd_words else [])
    if options.files < 1 or not words:
        raise ValueError("--files and --words must be at least 1")
    if not 0 <= options.malformed < 1:
        raise ValueError("--malformed must be at least 0 and less than 1")

    def line(now):
        timestamp = now - rng.randint(0, out_of_orderness)
        if rng.random() < options.late:
            timestamp = now - out_of_orderness - rng.randint(1, late_by)
        # The lower of two draws: some words are frequent, some rare.
        return b"%d\t%s" % (timestamp, words[min(rng.randrange(len(words)), rng.randrange(len(words)))])

    os.makedirs(options.dir, exist_ok=True)
    for index in range(options.files + options.empty_files):
        lines = []
        if index < options.files:
            now = options.start + index * skew
            for _ in range(options.records // options.files + (index < options.records % options.files)):
                while rng.random() < options.malformed:
                    lines.append(rng.choice(ODD_LINES))
                lines.append(line(now))
                now += rng.randint(0, 2 * step)
        with open(os.path.join(options.dir, f"input-{index}.txt"), "wb") as file:
            file.write(b"\n".join(lines))
            if lines and (index % 2 == 0 or lines[-1] == b""):
                file.write(b"\n")
