"""What a test app shows, as text, and texts that would harm a terminal or a widget that trusts them."""

from typing import Any

from textual.app import App

HOSTILE = {
    "closing tag": "a[/foo]b",
    "open tag": "[b +",
    "path": "[/usr/bin]",
    "action link": "[@click=app.bell]x[/]",
    "markup": "[bold red on white]loud[/]",
    "backslash": "\\[x]\\",
    "clear screen": "\x1b[2Jgone",
    "clipboard": "\x1b]52;c;aGVsbG8=\x07",
    "window title": "\x1b]0;owned\x1b\\",
    "c1 csi": "\x9b2Jgone",
    "bell and nul": "a\x07\x00\x08\x7fb",
    "carriage return": "safe\rover",
    "right to left": "abc\u202egpj.exe",
    "isolate": "\u2066x\u2069\u061c\u200f",
    "line separator": "one\u2028two\u2029three\x85four",
    "lone surrogate": "a\ud800b",
    "hidden tags": "visible\U000e0069\U000e0067\U000e006e",
    "combining flood": "e" + "\u0301" * 5000,
    "leading combining": "\u0301\u0308x",
    "wide": "漢字かな交じり文" * 20,
    "emoji": "👨‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ 1️⃣ " * 10,
    "joiners": "\u200d\ufe0f\u200d" * 30,
    "newlines and tabs": "a\r\nb\n\n\tc\td",
    "long": "x" * 1_000_000,
    "long wide": "語" * 1_000_000,
}
"""Texts by what they try."""


def screen_lines(app: App[Any]) -> list[str]:
    """Return the lines of the screen on top, without trailing spaces."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """Return the screen on top as one text."""
    return "\n".join(screen_lines(app))


def unsafe_characters(app: App[Any]) -> set[str]:
    """Return the characters on the screen that no terminal must get: controls, bidi, separators, surrogates."""
    return {
        character
        for line in screen_lines(app)
        for character in line
        if not character.isprintable() and character not in "\u200b\u200c\u200d\u2060\ufeff\u3000\xa0\xad"
    }


def uneven_lines(app: App[Any]) -> list[str]:
    """Return the lines that are not exactly as wide as the screen."""
    strips = app.screen._compositor.render_strips()
    return [strip.text for strip in strips if sum(segment.cell_length for segment in strip) != app.size.width]
