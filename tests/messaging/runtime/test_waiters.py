"""Who waits to hear what became of something."""

import asyncio

import pytest

from custom_components.passerelle_sms.messaging.runtime.waiters import Waiters


@pytest.fixture
def waiters() -> Waiters[int]:
    """Return nobody who waits."""
    return Waiters()


async def test_whoever_waits_is_told_the_latest(waiters: Waiters[int]) -> None:
    """Once, and only for the own key."""
    answer, other = waiters.wait_for("a", 1), waiters.wait_for("b", 7)
    assert list(waiters) == ["a", "b"]

    waiters.update("a", 2)
    waiters.release("a")
    waiters.update("a", 3)
    waiters.release("a")

    assert await answer == 2
    assert not other.done()
    assert list(waiters) == ["b"]
    assert "a" not in waiters
    assert "b" in waiters


async def test_whoever_has_gone_away_needs_nothing(waiters: Waiters[int]) -> None:
    """And keeps nobody from going on."""
    answer = waiters.wait_for("a", 1)
    waiting = asyncio.ensure_future(answer)
    waiting.cancel()

    waiters.release("a")

    assert answer.cancelled()
    assert "a" not in waiters


async def test_all_can_be_released_while_they_are_gone_through(
    waiters: Waiters[int],
) -> None:
    """As at a stop."""
    answers = [waiters.wait_for(f"{index}", index) for index in range(3)]

    for key in waiters:
        waiters.release(key)

    assert await asyncio.gather(*answers) == [0, 1, 2]
    assert list(waiters) == []
