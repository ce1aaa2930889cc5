"""Large input for the event-time word count whose right output is known without reading it again.

The input is one block of records, repeated with later and later times: a block spans kSpan ms, windows divide it, and
no window reaches from one block into the next. So the results of all blocks are those of the first, later. Within a
file records are out of order by less than the bound that the job is told: none is late, whatever files are read first,
and the output is the same at any parallelism.
"""

import os
import random
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import flags

SPAN = 1_000_000  # ms of a block; times within are six digits behind the number of the block
OUT_OF_ORDERNESS = 2_000


class BlockInput:
    """`records` of each file and block, over `words` words, for windows like "tumbling:10s"."""

    def __init__(self, seed, window, files=3, blocks=20, records=3_000, words=20):
        self.window = window
        self._windows = flags.windows(window, 0)
        if SPAN % self._windows.slide or self._windows.size > SPAN // 4:
            raise ValueError(f"{window} does not divide a block of {SPAN} ms, or is longer than a quarter of it")
        self._blocks = range(1, blocks + 1)
        rng = random.Random(seed)
        self._files = [self._draw_file(rng, records, words) for _ in range(files)]
        self.records = files * blocks * records

    def _draw_file(self, rng, records, words):
        margin = self._windows.size
        step = (SPAN - 2 * margin - OUT_OF_ORDERNESS) / records
        times = [int(margin + OUT_OF_ORDERNESS + n * step) for n in range(records)]
        return [(time - rng.randrange(OUT_OF_ORDERNESS), b"w%d" % rng.randrange(words)) for time in times]

    def write(self, folder):
        os.makedirs(folder)
        for index, records in enumerate(self._files):
            block = b"".join(b"@%06d\t%s\n" % record for record in records)
            with open(os.path.join(folder, f"input-{index}.txt"), "wb") as file:
                for number in self._blocks:
                    file.write(block.replace(b"@", b"%d" % number))

    def arguments(self):
        return ["--window", self.window, "--out-of-orderness", f"{OUT_OF_ORDERNESS}ms"]

    def expected(self):
        """The multiset of result lines."""
        counts = Counter((start, end, word) for records in self._files for time, word in records
                         for start, end in self._windows.of(time))
        template = b"\n".join(b"@%06d\t@%06d\t%s\t%d" % (start, end, word, count)
                              for (start, end, word), count in counts.items())
        return Counter(line for number in self._blocks for line in template.replace(b"@", b"%d" % number).split(b"\n"))
