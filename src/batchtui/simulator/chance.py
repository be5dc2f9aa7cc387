"""Everything that looks random: pure functions of the seed and of what is asked, never of the moment."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b

_MASK = (1 << 64) - 1
_LETTERS_ONLY = bytes.maketrans(b"+/", b"Pz")


def roll(*parts: str | int) -> int:
    """Return a 64-bit number that depends on every part and on nothing else."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def share(number: int, use: int) -> float:
    """Return a share in [0, 1) out of a roll; different `use` numbers give independent shares."""
    mixed = (number ^ (number >> 31)) * (0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019 * 2 * use) & _MASK
    mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 & _MASK
    return (mixed >> 32) / 4294967296


def pick(number: int, use: int, count: int) -> int:
    """Return an index below `count` out of a roll."""
    return int(share(number, use) * count)


def token(prefix: str, *parts: str | int) -> str:
    """Return an identifier such as `msgbatch_01…`, 24 characters after the prefix."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=18).digest()
    return f"{prefix}01{b64encode(digest).translate(_LETTERS_ONLY)[:22].decode()}"
