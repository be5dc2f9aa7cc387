"""What a virtual table shows: columns, cells, and where rows come from. No Textual in here."""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)

Tone = Literal["", "ok", "bad", "warn", "muted", "accent", "strong"]
"""What a cell's text means; the theme decides what it looks like."""


class Cell(NamedTuple):
    """One cell of a row. `text` may be outside text: the table cleans it, folds it to one line and cuts it."""

    text: str
    tone: Tone = ""


Row = Sequence[Cell]
"""The cells of one row, in the order of the columns."""


@dataclass(frozen=True)
class Column:
    """One column of a table; widths are in terminal cells.

    With a `width` the column has that width and gives way down to `min_width` (when given) as room gets short;
    without one it takes a share of the remaining room by `weight`, at least `min_width` (8 when not given). When
    the columns still do not fit, those of the highest `priority` are dropped first; 0 is never dropped.
    """

    key: str
    title: str
    width: int | None = None
    min_width: int | None = None
    weight: int = 1
    align: Literal["left", "right"] = "left"
    priority: int = 0

    @property
    def least_width(self) -> int:
        """The width below which the column is of no use."""
        if self.min_width is not None:
            return self.min_width
        return 8 if self.width is None else self.width


class Place(NamedTuple):
    """A column's place on the screen: `position` in the row, first cell `x` and `width`."""

    position: int
    column: Column
    x: int
    width: int


def place_columns(columns: Sequence[Column], available: int) -> list[Place]:
    """Lay columns out over `available` cells, dropping by priority; a first column always stays, however narrow."""
    kept = list(enumerate(columns))
    gap = 2
    while kept and sum(column.least_width for _, column in kept) + gap * (len(kept) - 1) > available:
        if gap == 2:
            gap = 1
            continue
        droppable = max(kept, key=lambda item: (item[1].priority, item[0]))
        if droppable[1].priority == 0:
            break
        kept.remove(droppable)
    widths = _share_out([column for _, column in kept], available - gap * (len(kept) - 1))
    places: list[Place] = []
    x = 0
    for (index, column), width in zip(kept, widths, strict=True):
        width_left = min(width, available - x)
        if width_left <= 0:
            break
        places.append(Place(index, column, x, width_left))
        x += width_left + gap
    return places


def _share_out(columns: Sequence[Column], available: int) -> list[int]:
    """Return a width for each column: the least first, then fixed widths up to theirs, then shares by weight."""
    widths = [column.least_width for column in columns]
    spare = max(0, available - sum(widths))
    for position, column in enumerate(columns):
        if column.width is not None and (grow := min(spare, column.width - widths[position])) > 0:
            widths[position] += grow
            spare -= grow
    weight_left = sum(column.weight for column in columns if column.width is None)
    for position, column in enumerate(columns):
        if column.width is None and weight_left:
            share = spare * column.weight // weight_left
            widths[position] += share
            spare -= share
            weight_left -= column.weight
    return widths


class RowSource(Protocol[K]):
    """Where a table's rows come from, in the order they are shown. Every call is on the event loop: be quick.

    `rows` is asked for blocks of at most 64 rows and may read from the store; `key_at` and `index_of` are asked
    often and must answer from memory. Keys are unique and stay with their row when rows come, go or are sorted.
    """

    def __len__(self) -> int:
        """Return how many rows there are."""
        ...

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return the rows from `start` up to `stop`; fewer when some have gone meanwhile."""
        ...

    def key_at(self, index: int) -> K:
        """Return the key of a row; `index` is always within the length."""
        ...

    def index_of(self, key: K) -> int | None:
        """Return where the row with this key is, or None when it is not shown."""
        ...


class ListSource(Generic[K]):
    """Rows held in memory: for tables of some thousand rows, and the empty one."""

    def __init__(self, rows: Iterable[tuple[K, Row]] = ()) -> None:
        self._rows: list[Row] = []
        self._keys: list[K] = []
        for key, row in rows:
            self._keys.append(key)
            self._rows.append(row)
        self._index = {key: index for index, key in enumerate(self._keys)}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return the rows from `start` up to `stop`."""
        return self._rows[start:stop]

    def key_at(self, index: int) -> K:
        """Return the key of a row."""
        return self._keys[index]

    def index_of(self, key: K) -> int | None:
        """Return where the row with this key is, or None."""
        return self._index.get(key)


FEW_KEYS = 16
"""Up to how many keys it is quicker to ask for each than to go through all rows."""


def in_order(source: RowSource[K], keys: Collection[K]) -> list[K]:
    """Return those of some keys that are shown, in the order shown; many of them should be a set."""
    if len(keys) > FEW_KEYS:
        return [key for index in range(len(source)) if (key := source.key_at(index)) in keys]
    places = ((source.index_of(key), key) for key in keys)
    return [key for _, key in sorted(place for place in places if place[0] is not None)]


class RowBlocks(Generic[K]):
    """The rows last looked at, read from their source in blocks, so that scrolling asks rarely."""

    BLOCK_ROWS = 64
    BLOCKS_KEPT = 8

    def __init__(self, source: RowSource[K]) -> None:
        self._source = source
        self._blocks: OrderedDict[int, Sequence[Row]] = OrderedDict()

    def row(self, index: int) -> Row:
        """Return one row; an empty one when the source has lost it since it was last counted."""
        number, offset = divmod(index, self.BLOCK_ROWS)
        block = self._blocks.get(number)
        if block is None:
            start = number * self.BLOCK_ROWS
            block = self._source.rows(start, min(start + self.BLOCK_ROWS, len(self._source)))
            self._blocks[number] = block
            if len(self._blocks) > self.BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block[offset] if offset < len(block) else ()


class Marks(Generic[K]):
    """Which rows are marked: keys that were, and a range from a key to wherever the cursor is.

    Every method takes the source as it is now, because a range is of positions and positions change.
    """

    def __init__(self) -> None:
        self._kept: set[K] = set()
        self._range_from: K | None = None
        self._range = range(0)
        self.changes = 0
        """Grows with every change, so that who shows the marks knows when to look again."""

    def __bool__(self) -> bool:
        return bool(self._kept or self._range)

    def has(self, key: K, index: int) -> bool:
        """Whether the row with this key, at this position, is marked."""
        return key in self._kept or index in self._range

    def keys(self, source: RowSource[K]) -> set[K]:
        """Return all marked keys, the range included."""
        return self._kept | {source.key_at(index) for index in self._range}

    def count(self, source: RowSource[K]) -> int:
        """Return how many rows are marked, the range included."""
        return len(self.keys(source)) if self._kept and self._range else len(self._kept) + len(self._range)

    def replace(self, source: RowSource[K], keys: Collection[K]) -> None:
        """Mark exactly `keys`, as far as they are shown, and forget the range."""
        self._kept = set(in_order(source, keys))
        self._range_from, self._range = None, range(0)
        self.changes += 1

    def prune(self, source: RowSource[K]) -> None:
        """Take the marks off rows that are not shown any more; call `follow` next."""
        before = len(self._kept)
        self._kept = set(in_order(source, self._kept))
        self.changes += before != len(self._kept)

    def follow(self, source: RowSource[K], cursor: int) -> None:
        """Stretch the range to the cursor, after either moved; forget it when its first row is gone."""
        start = None if self._range_from is None else source.index_of(self._range_from)
        before = self._range
        if start is None:
            self._range_from, self._range = None, range(0)
        else:
            self._range = range(min(start, cursor), max(start, cursor) + 1)
        self.changes += before != self._range

    def toggle(self, source: RowSource[K], key: K) -> None:
        """Mark a row or take its mark off; a range in progress is kept as it stands instead."""
        if self._range:
            self.replace(source, self.keys(source))
        else:
            self._kept ^= {key}
            self.changes += 1

    def toggle_range(self, source: RowSource[K], cursor: int) -> None:
        """Begin a range at the cursor, or keep the one in progress."""
        if self._range:
            self.replace(source, self.keys(source))
        else:
            self._range_from = source.key_at(cursor)
            self.follow(source, cursor)

    def toggle_all(self, source: RowSource[K]) -> None:
        """Mark every row, or none when every row is marked."""
        was_all = self.count(source) == len(source)
        self._kept = set() if was_all else {source.key_at(index) for index in range(len(source))}
        self._range_from, self._range = None, range(0)
        self.changes += 1

    def drop(self, source: RowSource[K]) -> None:
        """Forget the range in progress, or else every mark."""
        self.replace(source, self._kept if self._range else ())
