"""Work that goes on by itself."""

import asyncio
import gc

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.runtime.tasks import Tasks
from tests.conftest import MAMAN


async def test_it_is_held_and_waited_for() -> None:
    """Also what begins while it is waited for."""
    tasks = Tasks()
    done: list[int] = []

    async def work(more: int) -> None:
        await asyncio.sleep(0)
        done.append(more)
        if more:
            tasks.spawn(work(more - 1))

    tasks.spawn(work(2))
    assert len(tasks) == 1

    await tasks.join()

    assert done == [2, 1, 0]
    assert len(tasks) == 0
    await tasks.join()


async def test_a_refusal_is_for_whoever_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is said if nobody does."""
    tasks = Tasks()

    async def refuse() -> None:
        raise NotStoredError

    task = tasks.spawn(refuse())
    await tasks.join()
    with pytest.raises(NotStoredError):
        task.result()
    tasks.spawn(refuse())
    tasks.spawn(asyncio.sleep(3600)).cancel()
    await tasks.join()
    del task
    gc.collect()

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_is_completed_returns_its_result() -> None:
    """Or raises what the work raises."""
    tasks = Tasks()

    async def refuse() -> None:
        raise NotStoredError

    assert await tasks.complete(asyncio.sleep(0, "result")) == "result"
    with pytest.raises(NotStoredError):
        await tasks.complete(refuse())


async def test_what_is_completed_goes_on_when_its_caller_is_cancelled() -> None:
    """And can still be waited for."""
    tasks, may_end, done = Tasks(), asyncio.Event(), []

    async def work() -> None:
        await may_end.wait()
        done.append(True)

    caller = asyncio.create_task(tasks.complete(work()))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert len(tasks) == 1

    may_end.set()
    await tasks.join()

    assert done == [True]


async def test_a_mistake_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Where it was made, and not what it says."""
    tasks = Tasks()

    async def fail() -> None:
        raise LookupError(MAMAN)

    tasks.spawn(fail())
    await tasks.join()
    await asyncio.sleep(0)

    assert "Unexpected LookupError" in caplog.text
    assert "in fail" in caplog.text
    assert MAMAN not in caplog.text
    caplog.clear()
