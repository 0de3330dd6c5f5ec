"""The house itself: what every other test here builds on."""

from pathlib import Path

import pytest

from .client import ApiError
from .home_assistant import HomeAssistantFailedError, HomeAssistantProcess
from .waiting import until


async def test_starts_shows_its_page_and_stops(
    home_assistant: HomeAssistantProcess,
) -> None:
    """It starts, signs in, serves the frontend, and stops without a complaint."""
    page = await home_assistant.get("/")
    assert "<home-assistant" in page
    config = await home_assistant.get("/api/config")
    assert "frontend" in config["components"]
    # What the page asks before it shows anything.
    assert "notify" in await home_assistant.command("get_services")
    assert await home_assistant.stop() == 0
    assert " ERROR " not in home_assistant.log()
    assert not home_assistant.is_up


async def test_survives_a_kill(home_assistant: HomeAssistantProcess) -> None:
    """Killed and started again, it is the same house with the same owner."""
    await home_assistant.settle()
    await home_assistant.kill()
    assert not home_assistant.is_up
    await home_assistant.start()
    user = await home_assistant.command("auth/current_user")
    assert user["is_owner"]
    assert "zone.home" in await home_assistant.states()


async def test_calls_actions(home_assistant: HomeAssistantProcess) -> None:
    """Actions answer, and their errors are errors here."""
    answer = await home_assistant.call_service(
        "system_log", "write", {"message": "bonjour"}
    )
    assert answer == {}

    async def logged() -> bool | None:
        return "bonjour" in home_assistant.log() or None

    # The log is written by a thread of its own.
    await until("the log said so", logged)
    with pytest.raises(ApiError) as caught:
        await home_assistant.call_service("system_log", "sing")
    assert caught.value.code == "not_found"


async def test_tells_why_it_did_not_start(socket_enabled: None, tmp_path: Path) -> None:
    """A house that cannot start fails at once, with the end of its log."""
    house = HomeAssistantProcess(
        tmp_path / "house", extra="default_config: !nonsense\n"
    )
    with pytest.raises(HomeAssistantFailedError, match="nonsense"):
        async with house:
            await house.onboard()
