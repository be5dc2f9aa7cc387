"""A few kills at random moments; `python -m tests.hostile.kill` makes as many as one likes."""

from __future__ import annotations

import random

import pytest

from .kill import SENDING, kill_at, unkilled_seconds


@pytest.mark.parametrize("name", SENDING)
def test_killed_at_a_random_moment(name: str) -> None:
    chance = random.Random(name)
    kill_at(*SENDING[name], chance.uniform(0, unkilled_seconds(*SENDING[name])))
