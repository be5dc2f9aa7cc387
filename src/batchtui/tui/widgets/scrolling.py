"""Lines drawn and scrolled with as little else as can be: what a key costs is mostly what goes on around them."""

from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

STEPS_PER_CELL = 8
"""In how many steps a scrollbar can show where it is."""


class LineView(ScrollView):
    """Any number of lines, of which `render_line` draws those in sight, each as wide as the widget.

    A widget should keep the strips it has drawn and give the same again. The scrollbar is always there, and bare
    when there is no need for it, because its coming and going would lay the whole screen out anew.
    """

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
        scrollbar-background-hover: $surface;
        scrollbar-background-active: $surface;
    }
    """

    def set_line_count(self, lines: int) -> None:
        """Say how many lines there are, the header of a table included."""
        self.set_reactive(LineView.virtual_size, Size(1, lines))
        if self.is_attached:
            self.vertical_scrollbar.window_virtual_size = lines
            self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the lines anew; the scrollbar only if it can show the difference."""
        steps = max(1, self.size.height * STEPS_PER_CELL)
        lines = max(1, self.virtual_size.height)
        shown = round(new_value * steps / lines) * lines / steps
        # The first and the last line are told exactly.
        at_edge = new_value in {0, self.max_scroll_y}
        self.vertical_scrollbar.position = new_value if at_edge else shown
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def paint_line(self, y: int) -> Strip:
        """Return a line as it is painted; `render_line` can say more of it, for whoever points at it."""
        return self.render_line(y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region. Without frame or padding they are complete as `paint_line` draws them."""
        if self.styles.gutter or self.opacity < 1:
            return super().render_lines(crop)
        strips = [self.paint_line(y) for y in crop.line_range]
        # Lines are painted in the colours of the theme: there are no others in them to be made true.
        filters = [one for one in self.get_line_filters() if not isinstance(one, ANSIToTruecolor)]
        if filters:
            _, background = self.background_colors
            for line_filter in filters:
                strips = [strip.apply_filter(line_filter, background) for strip in strips]
        first, last = crop.column_span
        return strips if (first, last) == (0, self.region.width) else [strip.crop(first, last) for strip in strips]
