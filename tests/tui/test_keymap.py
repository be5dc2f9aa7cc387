"""Keys of the user's own in the place of ours."""

import pytest

from batchtui.domain.errors import ConfigError
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.keymap import ROOMS, check_keymap
from batchtui.tui.rooms import ROOMS as MADE
from tests.tui.conftest import failed_job, make_app, until_shown


def test_every_room_is_known() -> None:
    assert set(ROOMS) == {"batches", *MADE}


def test_ours_are_in_order() -> None:
    check_keymap({})


@pytest.mark.parametrize(
    "keys",
    [
        {"retry": "ctrl+r"},
        {"retry": "X, f5"},
        {"cancel": "r", "retry": "c"},
        {"move-down": "down,j,f6"},
        {"refresh": "plus,ctrl+backslash,é"},
    ],
)
def test_keys_that_fit(keys: dict[str, str]) -> None:
    check_keymap(keys)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"fly": "x"}, "there is no action 'fly'"),
        ({"retry": "hyper+r"}, "there is no key 'hyper+r'"),
        ({"retry": "nonsense"}, "there is no key 'nonsense'"),
        ({"retry": ""}, "there is no key ''"),
        ({"retry": "ctrl+m"}, "there is no key 'ctrl+m'"),
        ({"retry": "ctrl+R"}, "there is no key 'ctrl+R'"),
        ({"retry": "shift+a"}, "there is no key 'shift+a'"),
        ({"retry": "\x1b"}, "there is no key '\\x1b'"),
        ({"retry": "c"}, "c would be both cancel and retry in batches"),
        ({"retry": "q"}, "q would be both quit and retry in batches"),
        ({"cancel": "?"}, "question_mark would be both cancel and help in batches"),
        ({"next-failed": "j"}, "j would be both"),
    ],
)
def test_what_is_wrong_is_told(keys: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        check_keymap(keys)
    assert words in str(raised.value)


async def test_the_new_key_does_it_and_the_old_one_does_not(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    app.set_keymap({"retry": "ctrl+r"})
    async with app.run_test(size=(160, 50)) as pilot:
        await until_shown(pilot, "rivers", "^r Retry failed")
        await pilot.press("r")
        await pilot.pause()
        assert not app.screen.is_modal
        await pilot.press("ctrl+r")
        await until_shown(pilot, "of 40 requests?")
