"""Which line a text was first seen on, for a million texts in little memory."""

from __future__ import annotations

from array import array

_EMPTY = 0
_START_SLOTS = 1 << 12
_FULLEST = 0.6


class FirstSeen:
    """A table from texts to line numbers that keeps 64 bits of a text's hash instead of the text.

    It takes at most 54 bytes a text, where a dict of strings takes about 200. Two different texts are taken for one
    with a chance of about one in 37 million among a million texts.
    """

    def __init__(self) -> None:
        self._count = 0
        self._make(_START_SLOTS)

    def __len__(self) -> int:
        return self._count

    def first(self, text: str, line: int) -> int:
        """Return the line the text was first seen on, which is `line` if it is new; lines count from 1."""
        if self._count >= len(self._lines) * _FULLEST:
            self._grow()
        key = hash(text) & 0xFFFF_FFFF_FFFF_FFFF
        slot = self._slot(key)
        known = self._lines[slot]
        if known != _EMPTY:
            return known
        self._keys[slot], self._lines[slot] = key, line
        self._count += 1
        return line

    def _slot(self, key: int) -> int:
        keys, lines, mask = self._keys, self._lines, self._mask
        slot = key & mask
        while lines[slot] != _EMPTY and keys[slot] != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        keys, lines = self._keys, self._lines
        self._make(len(lines) * 2)
        for key, line in zip(keys, lines, strict=True):
            if line != _EMPTY:
                slot = self._slot(key)
                self._keys[slot], self._lines[slot] = key, line

    def _make(self, slots: int) -> None:
        self._mask = slots - 1
        self._keys = array("Q", bytes(8 * slots))
        self._lines = array("Q", bytes(8 * slots))
