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


async def test_several_may_wait_for_one_key(waiters: Waiters[int]) -> None:
    """Each is answered, but for who has been answered, or forgotten, before."""
    first = waiters.wait_for("a", 1)
    second, third, fourth = (waiters.wait_for("a", 1, each) for each in "bcd")
    assert waiters.count("a") == 4

    waiters.answer("a", "b", 7)
    waiters.answer("a", "b", 8)
    waiters.forget("a", "c")
    assert waiters.count("a") == 2
    waiters.release("a")

    assert [await each for each in (first, second, fourth)] == [1, 7, 1]
    assert not third.done()
    assert waiters.count("a") == 0


async def test_nobody_is_left_where_the_last_one_is_forgotten(
    waiters: Waiters[int],
) -> None:
    """Nor where nobody ever was."""
    waiters.wait_for("a", 1)

    waiters.forget("a", "a")
    waiters.forget("a", "a")
    waiters.answer("b", "b", 2)
    waiters.hand_on("a", "c", 3)

    assert list(waiters) == []


async def test_who_has_gone_away_can_be_answered_alone(waiters: Waiters[int]) -> None:
    """As everybody else."""
    answer = waiters.wait_for("a", 1)
    answer.cancel()

    waiters.answer("a", "a", 2)

    assert "a" not in waiters


async def test_who_waits_may_be_handed_on_to_another_key(waiters: Waiters[int]) -> None:
    """What is known of that is told then."""
    answers = [waiters.wait_for("a", 1), waiters.wait_for("a", 1, "b")]

    waiters.hand_on("a", "b", 2)
    waiters.release("a")
    assert list(waiters) == ["b"]
    waiters.release("b")

    assert await asyncio.gather(*answers) == [2, 2]


async def test_all_can_be_released_while_they_are_gone_through(
    waiters: Waiters[int],
) -> None:
    """As at a stop."""
    answers = [waiters.wait_for(f"{index}", index) for index in range(3)]

    for key in waiters:
        waiters.release(key)

    assert await asyncio.gather(*answers) == [0, 1, 2]
    assert list(waiters) == []
