"""Notices of the desktop, as a terminal is asked for them."""

from __future__ import annotations

from collections.abc import Mapping

from batchtui.tui.present.notices import Notice
from batchtui.tui.text import clean_line

TITLE = "batchtui"
MAX_CHARS = 300

_TITLED = {"ghostty", "WezTerm"}
_TITLED_TERMS = ("foot", "rxvt-unicode", "xterm-ghostty")
_PLAIN = {"iTerm.app"}
_PLAIN_TERMS = ("xterm-kitty",)


def desktop_text(notice: Notice) -> str:
    """Return what a notice of the desktop says, in one line and clean."""
    return clean_line(notice.text, MAX_CHARS)


def notice_sequence(environ: Mapping[str, str], text: str) -> str:
    """Return what makes the terminal show a notice, empty for one that is not known to do that.

    `text` is clean: it holds nothing that ends a sequence. In a terminal multiplexer the terminal is not known.
    """
    program, term = environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")):
        return ""
    if program in _TITLED or term.startswith(_TITLED_TERMS):
        # A semicolon ends a part of it.
        return f"\x1b]777;notify;{TITLE};{text.replace(';', ',')}\x1b\\"
    if program in _PLAIN or term.startswith(_PLAIN_TERMS):
        return f"\x1b]9;{TITLE}: {text}\x1b\\"
    return ""
