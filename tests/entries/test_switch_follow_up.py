"""The house is back: told once, for as long as that is worth telling."""

from collections import deque

import pytest

from custom_components.passerelle_sms.entries.switch_follow_up import SwitchFollowUp
from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    EmptyMessageError,
    GatewayError,
    HourlyCapError,
    IdenticalMessageError,
    NotStoredError,
    OutboxFullError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import FollowUp
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import MAMAN, PAPA, warnings_logged
from tests.messaging.fake_clock import FakeClock
from tests.messaging.idle import let_run

FOLLOW_UP = FollowUp(message_id="switch_1", recipients=(Recipient(number=MAMAN),))
NEXT = FollowUp(message_id="switch_2", recipients=(Recipient(number=PAPA),))
PASSING = [
    DailyCapError(),
    HourlyCapError(),
    IdenticalMessageError(),
    NotStoredError(),
    OutboxFullError(),
]


class Door:
    """The way to an outbox that may be closed."""

    def __init__(self, clock: FakeClock) -> None:
        """Be open."""
        self.errors: deque[Exception] = deque()
        self.taken: list[tuple[str, Message]] = []
        self.ended: list[FollowUp] = []
        self.clock = clock
        self.follow_up = SwitchFollowUp(clock, self._send_once, self._end)

    async def _send_once(self, message_id: str, message: Message) -> None:
        if self.errors:
            raise self.errors.popleft()
        self.taken.append((message_id, message))

    async def _end(self, follow_up: FollowUp) -> None:
        self.ended.append(follow_up)

    async def tell(
        self, follow_up: FollowUp = FOLLOW_UP, text: str | None = "De retour"
    ) -> None:
        """Tell it, as it is heard again and again."""
        for _ in range(3):
            self.follow_up.async_tell(text, follow_up)
            await let_run()

    async def pass_minutes(self, minutes: int) -> None:
        """Let time pass."""
        await self.clock.advance(60 * minutes)
        await let_run()


@pytest.fixture
def door() -> Door:
    """Return an open one."""
    return Door(FakeClock())


async def test_it_is_handed_over_once(door: Door) -> None:
    """However often it is heard, and each return of the house anew."""
    await door.tell()
    [(message_id, message)] = door.taken
    assert message_id == "switch_1"
    assert message.text == "De retour"
    assert message.targets == FOLLOW_UP.recipients
    assert door.ended == [FOLLOW_UP]

    await door.tell(NEXT)
    assert [taken[0] for taken in door.taken] == ["switch_1", "switch_2"]
    assert door.ended == [FOLLOW_UP, NEXT]


async def test_where_nothing_is_to_be_told_it_is_over_at_once(door: Door) -> None:
    """Its user has left the text empty."""
    await door.tell(text=None)

    assert door.taken == []
    assert door.ended == [FOLLOW_UP]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: str(error.key))
async def test_what_passes_is_waited_for(door: Door, error: GatewayError) -> None:
    """A full disk, a cap: it is told as soon as it can be."""
    door.errors.extend([error, error])

    await door.tell()
    await door.pass_minutes(1)
    assert (door.taken, door.ended) == ([], [])
    await door.pass_minutes(1)

    assert len(door.taken) == 1
    assert door.ended == [FOLLOW_UP]


async def test_what_does_not_pass_ends_it_in_an_hour(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """Then it would be no news any more."""
    door.errors.extend([NotStoredError(words="full")] * 100)

    await door.tell()
    await door.pass_minutes(59)
    assert (door.ended, warnings_logged(caplog)) == ([], [])
    await door.pass_minutes(2)

    assert door.ended == [FOLLOW_UP]
    [warning] = warnings_logged(caplog)
    assert warning.startswith("Nobody was told that the house is back")
    assert door.clock.timers == 0


async def test_what_is_refused_is_not_tried_again(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """The text will be no other one."""
    door.errors.append(EmptyMessageError())

    await door.tell()

    assert (door.taken, door.ended) == ([], [FOLLOW_UP])
    assert len(warnings_logged(caplog)) == 1


async def test_an_account_that_goes_leaves_it_to_the_next_run(door: Door) -> None:
    """It is not told, and not over."""
    door.errors.append(ServiceValidationError())

    await door.tell()

    assert (door.taken, door.ended) == ([], [])


@pytest.mark.parametrize("stops_before", [True, False])
async def test_nothing_begins_after_the_stop(door: Door, stops_before: bool) -> None:
    """The next run begins it."""
    door.errors.append(NotStoredError())
    if stops_before:
        await door.follow_up.stop()
    await door.tell()
    await door.follow_up.stop()
    await door.pass_minutes(10)

    assert (door.taken, door.ended) == ([], [])
    assert len(door.errors) == stops_before
    assert door.clock.timers == 0


async def test_what_fails_during_the_stop_is_not_tried_again(door: Door) -> None:
    """It is still in the row."""
    door.errors.append(NotStoredError())

    door.follow_up.async_tell("De retour", FOLLOW_UP)
    await door.follow_up.stop()

    assert door.errors == deque()
    assert (door.taken, door.ended, door.clock.timers) == ([], [], 0)
