"""Everything a screen can ask for is done by something."""

from batchtui.tui import messages
from batchtui.tui.flows.dispatch import FLOWS


def test_whatever_is_asked_for_has_a_flow() -> None:
    assert set(messages.Asked.__subclasses__()) == set(FLOWS)
