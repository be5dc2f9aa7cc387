"""Reads one body at a time: model output, a request, raw JSON; wrapped, scrollable, never editable."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate, islice
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from batchtui.tui.text import clean
from batchtui.tui.widgets.highlight import Language, Span, code_paragraphs, spans
from batchtui.tui.widgets.literal import literal, literal_line
from batchtui.tui.widgets.navigation import MOVE_BINDINGS, lines_to_move
from batchtui.tui.widgets.prose import PROSE_CHARACTERS_MAX, prose
from batchtui.tui.widgets.prose_inline import Piece
from batchtui.tui.widgets.scrolling import LineView
from batchtui.tui.widgets.titled_pane import TitledPane
from batchtui.tui.widgets.wrap import ScreenLine, wrap

BODY_CHARACTERS_MAX = 256 * 1024
"""How much of a body is shown; the rest is for a pager."""

HITS_MAX = 5_000
"""How many hits of a search are shown in a body."""

MARGIN_CELLS = 1
"""How far from the left the text begins."""

Find = Callable[[str], Iterable[tuple[int, int]]]
"""Gives where something stands in a text, in order: its first character and the one after its last."""


class TextView(LineView, can_focus=True, inherit_bindings=False):
    """A read-only text of up to some hundred kilobytes, wrapped to the width; its text can be selected.

    Of Markdown made easy to read that is the text shown, without the marks of its source.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--code",
        "text-view--emphasis",
        "text-view--faint",
        "text-view--heading",
        "text-view--hit",
        "text-view--key",
        "text-view--link",
        "text-view--literal",
        "text-view--note",
        "text-view--quote",
        "text-view--string",
        "text-view--strong",
    }

    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        background: $surface;
        color: $foreground;
        & > .text-view--code { color: $text-success; }
        & > .text-view--emphasis { text-style: italic; }
        & > .text-view--faint { color: $text-muted; }
        & > .text-view--heading { color: $text-primary; text-style: bold; }
        & > .text-view--hit { background: $warning; color: $background; text-style: bold; }
        & > .text-view--key { color: $text-primary; }
        & > .text-view--link { text-style: underline; }
        & > .text-view--literal { color: $text-accent; }
        & > .text-view--note { color: $text-warning; text-style: italic; }
        & > .text-view--quote { color: $text-muted; text-style: italic; }
        & > .text-view--string { color: $text-success; }
        & > .text-view--strong { text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE_BINDINGS]

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._source = ""
        self._text = ""
        self._pieces: list[Piece] = []
        self._note = ""
        self._language: Language = "text"
        self._paragraphs: list[str] = []
        self._paragraph_starts: list[int] = []
        self._code: set[int] = set()
        self._width = 0
        self._lines: list[ScreenLine] = []
        self._spans: LRUCache[int, list[Span]] = LRUCache(256)
        self._strips: LRUCache[int, Strip] = LRUCache(256)
        self._hits: list[tuple[int, int]] = []
        self._hit = 0

    def set_text(
        self, text: str, language: Language = "text", *, keep_place: bool = False, find: Find | None = None
    ) -> None:
        """Show `text`, cleaned and cut to `BODY_CHARACTERS_MAX`, from its top or where the last one was read.

        What `find` finds in it stands out, and the first of that is scrolled into view.
        """
        shown = text[:BODY_CHARACTERS_MAX]
        self._note = ""
        if len(shown) < len(text):
            self._note = f"… cut after {len(shown):,} of {len(text):,} characters: read the rest in the pager"
        self._source = clean(shown).expandtabs(4)
        self._hits = list(islice(find(self._source), HITS_MAX)) if find else []
        if language == "prose" and (self._hits or len(self._source) > PROSE_CHARACTERS_MAX):
            # Hits are places in the source, and all of a long text would be made easy to read for a screen of it.
            language = "markdown"
        self._language = language
        paragraphs = self._source.split("\n")
        self._code = code_paragraphs(paragraphs) if language == "markdown" else set()
        self._take(paragraphs)
        self._wrap()
        if not keep_place:
            self._hit = 0
            self.scroll_to(y=0, animate=False, force=True)
            if self._hits:
                self._scroll_to_hit()

    def _take(self, paragraphs: list[str]) -> None:
        self._paragraphs = paragraphs
        self._text = "\n".join(paragraphs)
        lengths = (len(paragraph) + 1 for paragraph in paragraphs)
        self._paragraph_starts = list(accumulate(lengths, initial=0))
        self._spans.clear()

    def go_to_hit(self, step: int) -> bool:
        """Scroll to the next hit in this body or the one before; False if there is none in that direction."""
        if not 0 <= self._hit + step < len(self._hits):
            return False
        self._hit += step
        self._scroll_to_hit()
        return True

    def _scroll_to_hit(self) -> None:
        line = self._line_of(self._hits[self._hit][0])
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= line < top + height:
            self.scroll_to(y=line - height // 3, animate=False, force=True)

    def on_resize(self) -> None:
        """Wrap anew for another width, with the same words on the first line."""
        if self._wrap_width == self._width or not self._lines:
            return
        top = self._lines[min(self.scroll_offset.y, len(self._lines) - 1)].start
        self._wrap()
        self.scroll_to(y=self._line_of(top), animate=False, force=True)

    def _line_of(self, character: int) -> int:
        return bisect_right(self._lines, character, key=lambda line: line.start) - 1

    @property
    def _wrap_width(self) -> int:
        """The cells for text: without the scrollbar, so that its coming and going does not wrap anew."""
        return max(1, self.size.width - MARGIN_CELLS - 2)

    def _wrap(self) -> None:
        self._width = self._wrap_width
        if self._language == "prose":
            self._pieces = prose(self._source.split("\n"), self._width)
            self._take([piece.text for piece in self._pieces])
        self._lines = wrap(self._text, self._width) if self._text else []
        self._strips.clear()
        self.set_line_count(len(self._lines) + bool(self._note))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line with the place of each character in the text, which selecting it needs."""
        margin, *text = self.paint_line(y)
        return Strip([margin, *Strip(text).apply_offsets(0, y + self.scroll_offset.y)])

    def paint_line(self, y: int) -> Strip:
        """Draw one line of the screen, beginning with the margin."""
        number = y + self.scroll_offset.y
        strip = self._strips.get(number)
        if strip is None:
            plain, width = self.visual_style.rich_style, self.size.width - self.scrollbar_size_vertical
            segments = [Segment(" " * MARGIN_CELLS, plain), *self._segments(number, plain)]
            used = Segment.get_line_length(segments)
            padding = [Segment(" " * (width - used), plain)] if used < width else []
            strip = Strip([*segments, *padding], max(used, width)).adjust_cell_length(width, plain)
            self._strips[number] = strip
        return strip

    def _segments(self, number: int, plain: Style) -> Iterable[Segment]:
        if number >= len(self._lines):
            has_note = self._note and number == len(self._lines)
            return [Segment(self._note, self.get_visual_style("text-view--note").rich_style)] if has_note else []
        line = self._lines[number]
        # A flood of combining characters is one cell wide and may be a whole body long.
        end = min(line.end, line.start + self._width * 8 + 16)
        text = self._text[line.start : end]
        shift = line.start - self._paragraph_starts[line.paragraph]
        looks = [
            (f"text-view--{span.look}", span.start - shift, span.end - shift)
            for span in self._paragraph_spans(line.paragraph)
            if span.end > shift and span.start < shift + len(text)
        ]
        looks += [("text-view--hit", start - line.start, stop - line.start) for start, stop in self._hits_in(line)]
        selection = self.text_selection
        selected = selection.get_span(number) if selection else None
        if not looks and not selected:
            return [Segment(text, plain)]
        styled = Text(text, plain, end="", no_wrap=True)
        for look, start, stop in looks:
            styled.stylize(self.get_visual_style(look).rich_style, max(0, start), max(0, stop))
        if selected:
            start, stop = selected
            style = self.screen.get_component_rich_style("screen--selection")
            styled.stylize(style, start, len(text) if stop == -1 else stop)
        return styled.render(self.app.console)

    def _paragraph_spans(self, number: int) -> list[Span]:
        if self._language == "prose":
            return self._pieces[number].spans
        found = self._spans.get(number)
        if found is None:
            paragraph = self._paragraphs[number]
            code = [Span(0, len(paragraph), "code")]
            found = code if number in self._code else spans(paragraph, self._language)
            self._spans[number] = found
        return found

    def _hits_in(self, line: ScreenLine) -> list[tuple[int, int]]:
        # Hits do not overlap, so that only the one before the first that begins here can reach into it.
        first = max(0, bisect_left(self._hits, (line.start, line.start)) - 1)
        last = bisect_left(self._hits, (line.end, line.end))
        return [hit for hit in self._hits[first:last] if hit[1] > line.start]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text with its own line breaks, not those of the wrapping."""
        if not self._lines:
            return None
        first = 0 if selection.start is None else self._character_at(selection.start)
        last = len(self._text) if selection.end is None else self._character_at(selection.end)
        return self._text[first:last], "\n"

    def _character_at(self, offset: Offset) -> int:
        if offset.y >= len(self._lines):
            return len(self._text)
        line = self._lines[offset.y]
        return min(line.start + offset.x, line.end)

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw anew in other styles."""
        super().notify_style_update()
        self._strips.clear()

    def action_go(self, where: str) -> None:
        """Scroll: by lines or pages, to the start or the end."""
        if where == "first":
            self.scroll_to(y=0, animate=False, force=True)
        elif where == "last":
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        else:
            lines = lines_to_move(where, max(1, self.size.height))
            self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)


class ReadingPane(TitledPane):
    """A title line over one body of text, which is replaced as a whole."""

    def compose(self) -> ComposeResult:
        """Lay out title and text."""
        yield self.title()
        yield TextView()

    def show(
        self,
        title: str | Content,
        body: str,
        language: Language = "text",
        *,
        keep_place: bool = False,
        find: Find | None = None,
    ) -> None:
        """Show a body under a title; both are literal. `keep_place` is for a newer version of the same body.

        What `find` finds in the body stands out.
        """
        line = literal(title) if isinstance(title, Content) else literal_line(title, max_length=500)
        self.set_title(line)
        self.query_one(TextView).set_text(body, language, keep_place=keep_place, find=find)
