"""Long work, in steps."""

import asyncio

import pytest

from custom_components.passerelle_sms.messaging.runtime import turns
from custom_components.passerelle_sms.messaging.runtime.turns import (
    Steps,
    at_once,
    in_turns,
)


def counted(steps: int) -> Steps[int]:
    """Pause so often, and return how often."""
    for _ in range(steps):
        yield
    return steps


async def turns_of_others(steps: Steps[int]) -> int:
    """Return how often others had their turn while work was done."""
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            await asyncio.sleep(0)
            others += 1

    task = asyncio.create_task(other())
    await in_turns(steps)
    task.cancel()
    return others


async def test_work_returns_what_it_is_for() -> None:
    """In turns or at once."""
    assert at_once(counted(3)) == 3
    assert await in_turns(counted(3)) == 3


async def test_short_work_makes_nobody_wait() -> None:
    """So that what comes first goes first."""
    assert await turns_of_others(counted(5)) == 0


async def test_others_have_their_turn_in_long_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And after it, before what comes next."""
    monkeypatch.setattr(turns, "_LONGEST_TURN", -1)

    assert await turns_of_others(counted(5)) == 5


async def test_what_goes_wrong_is_raised() -> None:
    """Wherever in the work it is."""

    def wrong() -> Steps[None]:
        yield
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await in_turns(wrong())
