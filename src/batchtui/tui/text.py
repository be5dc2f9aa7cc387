"""The one door for outside text: model output, ids, file names, API messages, keys typed or pasted.

A terminal obeys escape sequences wherever they come from, and Textual passes them on. So every text that this
program did not write itself goes through `clean` or `clean_line` before it reaches a screen or a stdout that
people read. Exports keep the raw bytes. Markup is the other half of the danger: see `widgets.literal`.
"""

import re

REPLACEMENT = "\ufffd"
"""What stands in for a character that must not reach a terminal, so that a reader sees that something was there."""

# Kept on purpose: U+200B..U+200D (joiners shape emoji and Persian, Hindi words), U+2060, U+FEFF, U+00AD and the
# variation selectors. They are zero-width but cannot move the cursor or reorder text.
_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f"  # C0 without tab and newline, DEL: ESC starts every terminal sequence
    "\x80-\x9f"  # C1: U+009B is a one-character CSI, U+0085 a line break to some
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: text that reads otherwise than it is
    "\u206a-\u206f"  # deprecated format controls, some of them bidi
    "\u2028\u2029"  # line and paragraph separator: a second line in what was counted as one
    "\ufff9-\ufffb"  # interlinear annotation: hides text
    "\U000e0000-\U000e007f"  # tags: invisible ASCII, used to hide instructions in plain sight
    "\ud800-\udfff"  # lone surrogates: cannot be encoded, so writing them to a terminal raises
    "]"
)
_FOLDABLE = re.compile(r"(?:\r?\n|\t)+")


def clean(text: str) -> str:
    r"""Return `text` with everything that a terminal could obey replaced by U+FFFD.

    Newlines and tabs stay, ``\r\n`` becomes ``\n``, a lone ``\r`` is replaced. Cleaning twice changes nothing more.
    """
    if text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return _UNSAFE.sub(REPLACEMENT, text)


def clean_line(text: str, max_length: int | None = None) -> str:
    """Return `text` as one safe line: runs of newlines and tabs become one space.

    `max_length` counts characters of the input and cuts before any work is done, so that the first cells of a
    huge text cost no more than those of a short one; a cut text ends in `…` and is at most `max_length` long.
    """
    if max_length is not None and len(text) > max_length:
        text = text[: max(0, max_length - 1)] + "…"[:max_length]
    if text.isprintable():
        return text
    return _UNSAFE.sub(REPLACEMENT, _FOLDABLE.sub(" ", text))
