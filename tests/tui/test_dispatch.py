"""Everything a screen can ask for is done by something."""

import inspect

import pytest

from batchtui.tui import messages
from batchtui.tui.flows.dispatch import FLOWS, flow_for


def test_whatever_is_asked_for_has_a_flow() -> None:
    kinds = {*messages.Asked.__subclasses__(), *messages.AskedOfBatches.__subclasses__()}
    assert kinds - {messages.AskedOfBatches} == set(FLOWS)


@pytest.mark.parametrize("kind", FLOWS, ids=lambda kind: kind.__name__)
def test_a_flow_is_there_and_takes_the_message(kind: type[messages.Asked]) -> None:
    flow = flow_for(kind)
    assert inspect.iscoroutinefunction(flow)
    taken = list(inspect.signature(flow).parameters.values())[2].annotation
    assert issubclass(kind, taken), taken
