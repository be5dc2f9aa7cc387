"""How much alike the texts of changed pairs are."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from batchtui.domain.comparison import CHANGED, Comparison
from batchtui.domain.diff import similarity
from batchtui.services.comparing.pairs import PairReader
from batchtui.services.worker import Stop

PAIRS_BETWEEN_STOPS = 100


def rank(reader: PairReader, comparison: Comparison, stop: Stop, tell: Callable[[int, int], object]) -> None:
    """Fill the similarity of all changed pairs. Blocks, and lets other threads run between pairs."""
    pairs = comparison.pairs
    changed = [position for position, code in enumerate(pairs.kinds) if code == CHANGED]
    changed.sort(key=pairs.left.__getitem__)
    lefts = reader.all_texts(array("q", [pairs.left[position] for position in changed]), comparison.left_file)
    rights = reader.all_texts(array("q", [pairs.right[position] for position in changed]), comparison.right_file)
    for done, (position, left, right) in enumerate(zip(changed, lefts, rights, strict=True)):
        if done % PAIRS_BETWEEN_STOPS == 0:
            stop.check()
            tell(done, len(changed))
        comparison.similarity[position] = similarity(left, right)
    comparison.is_ranked = True
    tell(len(changed), len(changed))
