"""Which keys there are in each room, and those a user has put in the place of ours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from batchtui.domain.errors import ConfigError
from batchtui.tui import bindings
from batchtui.tui.widgets.virtual_table import VirtualTable

ROOMS: Mapping[str, tuple[BindingType, ...]] = {
    "batches": (*bindings.BATCHES, *bindings.BATCH_TABLE),
    "results": (*bindings.RESULTS, *bindings.RESULT_TABLE),
    "compose": (*bindings.COMPOSE, *bindings.TEMPLATE_TABLE),
    "diff": (*bindings.DIFF, *bindings.DIFF_TABLE),
    "queue": (*bindings.QUEUE, *bindings.QUEUE_TABLE),
    "stats": (*bindings.STATS, *bindings.STATS_TABLE),
    "activity": (*bindings.ACTIVITY, *bindings.ACTIVITY_TABLE),
}
"""The keys of each room beside those that work in all of them."""


def everywhere() -> list[Binding]:
    """Return the keys that work in all rooms."""
    of_list = (binding for binding in declared(VirtualTable.BINDINGS) if binding.id != "row-open")
    return [*declared(bindings.APP), *declared(bindings.ROOM), *of_list]


def declared(of: Iterable[BindingType]) -> Iterator[Binding]:
    """Yield bindings in the form in which we declare them."""
    return (binding for binding in of if isinstance(binding, Binding))


def check_keymap(keys: Mapping[str, str]) -> None:
    """Raise `ConfigError` for names and keys that do not exist, and where one key would do two things in a room.

    `keys` are the names of actions, as in docs/keys.md, and the keys for them, several with commas between.
    """
    known = {binding.id for room in ROOMS.values() for binding in declared(room)} | {
        binding.id for binding in everywhere()
    }
    problems = [f"there is no action {name!r}" for name in keys if name not in known]
    problems += [
        f"{name}: there is no key {key!r}"
        for name, many in keys.items()
        for key in many.split(",")
        if not _is_key(key.strip())
    ]
    if not problems:
        for room, of_room in ROOMS.items():
            problems += _clashes(room, [*declared(of_room), *everywhere()], keys)
    if problems:
        raise ConfigError(
            f"[keys] in config.toml: {'; '.join(dict.fromkeys(problems))}.",
            todo="Mend or remove these lines; docs/keys.md and `?` have the names and the keys in use.",
        )


def _clashes(room: str, of_room: Iterable[Binding], keys: Mapping[str, str]) -> Iterator[str]:
    """Yield which key would do two things in a room though it does one as we declare it."""
    done_by: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for binding in of_room:
        keyed = binding.with_key(keys.get(binding.id or "", binding.key))
        for one in Binding.make_bindings([keyed]):
            done_by[one.key][one.id or ""] = None
    for key, names in done_by.items():
        if len(names) > 1 and any(name in keys for name in names):
            yield f"{key} would be both {' and '.join(sorted(names))} in {room}"


def _is_key(key: str) -> bool:
    """Return whether a terminal can send a key of this name."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if any(modifier not in {"ctrl", "shift", "alt", "super", "meta"} for modifier in modifiers):
        return False
    # They are sent as tab and enter; and a letter with shift is the capital one.
    if key in {"ctrl+i", "ctrl+m"} or (modifiers and len(last) == 1 and (last.isupper() or modifiers == ["shift"])):
        return False
    if len(last) == 1:
        return last.isprintable()
    names = {each.value for each in Keys} | set(KEY_NAME_REPLACEMENTS.values())
    return last in names or key_to_character(last) is not None
