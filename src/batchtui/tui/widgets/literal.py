"""Outside text as Textual content: a plain `str` given to a widget is parsed as markup, `Content` is not."""

from textual.content import Content

from batchtui.tui.text import clean, clean_line


def literal(text: str | Content, style: str = "") -> Content:
    """Return `text` cleaned, as it stands, never markup; newlines stay.

    `style` is one of ours (`"bold $text-error"`), never outside text. A `Content` is passed through, styled.
    For dimmed text write `$foreground-muted`: `$text-muted` is an automatic colour, which content draws in full.
    """
    content = text if isinstance(text, Content) else Content(clean(text))
    return content.stylize(style) if style else content


def literal_line(text: str, style: str = "", max_length: int | None = None) -> Content:
    """Return `text` like `literal`, folded to one line of at most `max_length` characters."""
    return literal(clean_line(text, max_length), style)


def assemble(*parts: str | Content | tuple[str, str]) -> Content:
    """Join texts and `(text, style)` pairs into one content; every text is cleaned and literal."""
    return Content.assemble(*(literal(*part) if isinstance(part, tuple) else literal(part) for part in parts))
