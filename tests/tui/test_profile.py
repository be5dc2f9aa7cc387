"""Going on with another profile: the screens end, and say with which they want to be opened again."""

from functools import partial

from batchtui.composition import check_key
from batchtui.paths import Places
from batchtui.services.profiles import Profiles
from batchtui.services.workbench import Workbench
from batchtui.tui.app import BatchtuiApp
from tests.tui.conftest import make_app, make_config, until, until_shown, until_told


def app_with_profiles(bench: Workbench, places: Places, *names: str) -> BatchtuiApp:
    profiles = Profiles(places.config)
    for name in names:
        profiles.add(name, base_url="https://gateway.example.com")
    config = make_config(bench.gateway.base_url)
    return BatchtuiApp(bench, config, partial(check_key, config), profiles)


async def test_another_profile_is_chosen(bench: Workbench, places: Places) -> None:
    app = app_with_profiles(bench, places, "lab", "work")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("P")
        await until_shown(pilot, "now default", "lab at gateway.example.com", "work at gateway.example.com")
        await pilot.press("2")
        await until(pilot, lambda: not app.is_running or app.next_profile)
    assert app.next_profile == "work"


async def test_escape_stays(bench: Workbench, places: Places) -> None:
    app = app_with_profiles(bench, places, "lab")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("P")
        await until_shown(pilot, "lab at gateway.example.com")
        await pilot.press("escape", "q")
        await until(pilot, lambda: app._exit)
    assert not app.next_profile


async def test_what_is_being_sent_is_asked_about_first(bench: Workbench, places: Places) -> None:
    app = app_with_profiles(bench, places, "lab")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.session.activity("sending …", sends=True):
            await pilot.press("P")
            await until_shown(pilot, "lab at gateway.example.com")
            await pilot.press("1")
            await until_shown(pilot, "Quit while sending?")
            await pilot.press("escape")
            await pilot.pause()
            assert app.is_running
            assert not app.next_profile


async def test_the_only_profile_says_how_to_get_another(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("P")
        await until_told(pilot, "default is the only profile.")
