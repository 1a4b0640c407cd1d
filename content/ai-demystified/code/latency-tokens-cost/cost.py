"""What calls cost: every bill of the series is computed from these prices, which are assumed."""
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Prices:
    """In dollars per million tokens."""
    read: float = 3.00      # what is sent
    stored: float = 3.75    # sent, and kept by a cache for the next call
    known: float = 0.30     # sent, and in the cache already
    written: float = 15.00  # the answer, and what is thought before it
    least: int = 1_024      # tokens; nothing shorter is kept

    def times(self, factor):
        return replace(self, read=self.read * factor, stored=self.stored * factor,
                       known=self.known * factor, written=self.written * factor)


LARGE = Prices()
SMALL = LARGE.times(0.1)
BATCH = 0.5


# ANCHOR: dollars
def dollars(sent, written, known=0, stored=0, thought=0,
            calls=1, prices=LARGE):
    """For so many calls of so many tokens each."""
    if known + stored < prices.least:
        known = stored = 0
    reading = ((sent - known - stored) * prices.read
               + known * prices.known + stored * prices.stored)
    writing = (written + thought) * prices.written
    return calls * (reading + writing) / 1e6
# ANCHOR_END: dollars
