"""What is kept of a switch, as it outlives a restart."""

from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    FollowUp,
    Standing,
    SwitchState,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.state_json import (
    state_from_json,
    state_to_json,
)
from custom_components.passerelle_sms.messaging.journal.values import UNREADABLE
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)

TEXTS = st.text(max_size=10)
MOMENTS = st.datetimes(timezones=st.just(UTC))
RECIPIENTS = st.lists(
    st.builds(Recipient, number=TEXTS, name=st.none() | TEXTS), max_size=3
).map(tuple)
FAILURES = st.builds(
    Failure,
    key=TEXTS,
    code=st.none() | TEXTS,
    words=st.none() | TEXTS,
    details=st.dictionaries(TEXTS, TEXTS, max_size=2),
)
MESSAGES = st.builds(
    Standing,
    number=st.integers(),
    account=TEXTS,
    recipients=RECIPIENTS,
    text=TEXTS,
    sender=st.none() | TEXTS,
    since=MOMENTS,
    fires_at=MOMENTS,
    submission_id=st.none() | TEXTS,
    is_sure=st.booleans(),
    was_cancelled=st.booleans(),
    failure=st.none() | FAILURES,
    must_stay=st.booleans(),
    is_announced=st.booleans(),
)
STATES = st.builds(
    SwitchState,
    is_armed=st.booleans(),
    standing=st.lists(MESSAGES, max_size=3).map(tuple),
    last_number=st.integers(),
    last_since=st.none() | MOMENTS,
    renewed=st.none() | MOMENTS,
    refused=st.frozensets(TEXTS, max_size=3),
    failure=st.none() | FAILURES,
    was_sent_early=st.booleans(),
    restored_until=st.none() | MOMENTS,
    epoch=st.none() | TEXTS,
    fired=st.none()
    | st.builds(Fired, since=MOMENTS, until=MOMENTS, recipients=RECIPIENTS),
    follow_up=st.none() | st.builds(FollowUp, message_id=TEXTS, recipients=RECIPIENTS),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
FAILURE = Failure(
    key="no_answer", code="7", words="nothing", details={"field": "value"}
)
MESSAGE = Standing(
    number=3,
    account="account",
    recipients=(Recipient(number=MAMAN, name="Maman"), Recipient(number=PAPA)),
    text="Rien",
    sender="MAISON",
    since=NOON,
    fires_at=NOON + timedelta(minutes=15),
    submission_id="17",
    is_sure=True,
    was_cancelled=True,
    failure=FAILURE,
    must_stay=True,
    is_announced=True,
)
FULL = SwitchState(
    is_armed=True,
    standing=(MESSAGE, replace(MESSAGE, number=4)),
    last_number=4,
    last_since=NOON,
    renewed=NOON,
    refused=frozenset({MAMAN}),
    failure=FAILURE,
    was_sent_early=True,
    restored_until=NOON,
    epoch="epoch",
    fired=Fired(since=NOON, until=NOON, recipients=MESSAGE.recipients),
    follow_up=FollowUp(message_id="switch_1", recipients=MESSAGE.recipients),
)


@given(STATES)
def test_everything_outlives_a_restart(state: SwitchState) -> None:
    """To the last field."""
    assert state_from_json(state_to_json(state)) == state


def test_the_full_row_has_every_field() -> None:
    """Or what was forgotten here would be lost unseen."""
    assert FULL.fired is not None
    assert FULL.follow_up is not None
    for kept in (FULL, MESSAGE, FAILURE, FULL.fired, FULL.follow_up):
        assert all(getattr(kept, field.name) for field in fields(kept))
    assert state_from_json(state_to_json(FULL)) == FULL


def test_moments_are_read_in_utc() -> None:
    """Whoever has written them."""
    there = timezone(timedelta(hours=3))

    read = state_from_json(
        state_to_json(SwitchState(renewed=NOON.astimezone(there)))
    ).renewed

    assert read == NOON
    assert read.tzinfo is UTC


@given(VALUES)
def test_other_json_is_no_row(value: object) -> None:
    """It raises nothing but what the journal takes for unreadable."""
    with pytest.raises(UNREADABLE):
        state_from_json(json.dumps(value))


@given(st.data())
def test_a_row_with_another_value_is_read_or_is_none(data: st.DataObject) -> None:
    """Wherever it stands, and what is read is written alike."""
    row = json.loads(state_to_json(FULL))
    places = [row, row["standing"][0], row["failure"], row["fired"]]
    places.append(row["follow_up"])
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(VALUES)

    with suppress(*UNREADABLE):
        state = state_from_json(json.dumps(row))
        assert state_from_json(state_to_json(state)) == state


@given(TEXTS)
def test_no_json_is_no_row(stored: str) -> None:
    """As a damaged file may have it."""
    with pytest.raises(UNREADABLE):
        state_from_json(stored)


def test_endless_nesting_is_no_row() -> None:
    """It must not end the start of the house."""
    with pytest.raises(UNREADABLE):
        state_from_json("[" * 500_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("is_armed", 1),
        ("is_armed", None),
        ("standing", {}),
        ("standing", [7]),
        ("standing", [{}]),
        ("last_number", True),
        ("last_number", "1"),
        ("last_since", "yesterday"),
        ("last_since", "2026-11-26T12:00:00"),
        ("renewed", 7),
        ("refused", "+33612345678"),
        ("refused", [7]),
        ("failure", "no_answer"),
        ("failure", {"key": "no_answer"}),
        ("failure", {"key": 7, "details": {}}),
        ("failure", {"key": "no_answer", "details": {"field": 7}}),
        ("restored_until", "0001-01-01T00:00:00+23:00"),
        ("was_sent_early", None),
        ("epoch", 7),
        ("fired", {"since": NOON.isoformat(), "until": NOON.isoformat()}),
        ("fired", []),
        ("follow_up", {"message_id": 7, "recipients": []}),
        ("follow_up", "switch_1"),
    ],
)
def test_one_value_that_is_none_spoils_all(name: str, value: object) -> None:
    """A switch of which a part is guessed may forget what stands."""
    row = json.loads(state_to_json(FULL))

    with pytest.raises(UNREADABLE):
        state_from_json(json.dumps(row | {name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "3"),
        ("account", None),
        ("recipients", [["+33612345678"]]),
        ("recipients", [[7, None]]),
        ("recipients", [["+33612345678", 7]]),
        ("recipients", ["ab"]),
        ("text", 7),
        ("sender", 7),
        ("since", "2026-11-26T12:00:00"),
        ("fires_at", None),
        ("fires_at", "2026-11-26T12:00:00"),
        ("submission_id", 17),
        ("is_sure", "yes"),
        ("was_cancelled", 1),
        ("failure", 7),
        ("must_stay", 1),
        ("is_announced", None),
    ],
)
def test_one_value_of_a_message_spoils_all(name: str, value: object) -> None:
    """A message of which the hour is guessed is not taken back in time."""
    row = json.loads(state_to_json(FULL))
    row["standing"][0][name] = value

    with pytest.raises(UNREADABLE) as raised:
        state_from_json(json.dumps(row))

    assert MAMAN not in str(raised.value)
