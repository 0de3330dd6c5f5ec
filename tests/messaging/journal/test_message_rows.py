"""A message as rows, and back."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import sqlite3

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.message_rows import (
    write_message,
)
from custom_components.passerelle_sms.messaging.journal.messages import get
from custom_components.passerelle_sms.messaging.journal.schema import upgrade
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.joining import seen_by
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.record import (
    Joined,
    Kind,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

TEXTS = st.text(max_size=10)
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
TIMES = st.datetimes(max_value=datetime(9999, 1, 1), timezones=st.just(UTC))


SUBMISSIONS = st.builds(
    SubmissionRecord,
    recipient=st.builds(
        Recipient, number=st.sampled_from([MAMAN, PAPA]), name=st.none() | TEXTS
    ),
    part=st.integers(1, 3),
    outcome=st.sampled_from(Outcome),
    stage=st.sampled_from(Stage),
    submission_id=st.none() | TEXTS,
    segments=st.none() | st.integers(0, 10),
    cost=AMOUNTS,
    failure=st.none()
    | st.builds(
        Failure,
        key=TEXTS,
        code=st.none() | TEXTS,
        words=st.none() | TEXTS,
        details=st.dictionaries(TEXTS, TEXTS, max_size=2),
    ),
    attempts=st.integers(0, 5),
    attempted=st.none() | TIMES,
    period=st.none() | st.integers(0, 2**40),
    resent=st.booleans(),
    was_refused=st.booleans(),
    sent_at_once=st.booleans(),
    notice=st.none() | st.sampled_from(Notice),
    sending_id=st.none() | TEXTS,
    delivery=st.none()
    | st.builds(
        DeliveryState,
        status=st.sampled_from(DeliveryStatus),
        code=st.none() | TEXTS,
        words=st.none() | TEXTS,
        at=st.none() | TIMES,
        is_billed=st.none() | st.booleans(),
        is_announced=st.booleans(),
    ),
)
OPTIONS = st.builds(
    SmsOptions,
    send_at=st.none() | TIMES,
    flash=st.booleans(),
    voice=st.booleans(),
    test=st.booleans(),
    tag=st.none() | TEXTS,
    stop_mention=st.booleans(),
    allow_replies=st.booleans(),
    personalisation=st.dictionaries(
        st.sampled_from([MAMAN, PAPA]),
        st.dictionaries(TEXTS, TEXTS, max_size=2),
        max_size=2,
    ),
    texts=st.dictionaries(TEXTS, TEXTS, max_size=2),
    own=st.dictionaries(TEXTS, st.booleans() | st.integers() | TEXTS, max_size=2),
)
JOINED = st.lists(
    st.builds(
        Joined,
        message_id=st.text(min_size=1, max_size=5),
        created=TIMES,
        time_to_live=st.timedeltas(timedelta(), timedelta(days=1)),
    ),
    max_size=3,
    unique_by=lambda joined: joined.message_id,
).map(lambda joined: tuple(sorted(joined, key=lambda j: (j.created, j.message_id))))
PARTS = st.builds(
    Parts,
    common=st.lists(TEXTS, max_size=3).map(tuple),
    own=st.dictionaries(
        st.sampled_from([MAMAN, PAPA]), st.lists(TEXTS, max_size=3).map(tuple)
    ),
)
RECORDS = st.builds(
    MessageRecord,
    message_id=TEXTS,
    created=TIMES,
    time_to_live=st.timedeltas(timedelta(), timedelta(days=2)),
    text=TEXTS,
    sender=st.none() | TEXTS,
    encoding=st.sampled_from(Encoding),
    segments=st.integers(1, 10),
    on_unknown=st.sampled_from(OnUnknown),
    urgent=st.booleans(),
    kind=st.sampled_from(Kind),
    options=OPTIONS,
    is_kept=st.booleans(),
    parts=PARTS,
    submissions=st.lists(SUBMISSIONS, min_size=1, max_size=3).map(Submissions),
    joined=JOINED,
)


def unique(record: MessageRecord) -> MessageRecord:
    """Return a message with one submission for each part and number."""
    by_key = {each.key: each for each in record.submissions}
    return replace(record, submissions=Submissions(by_key.values()))


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """Return the journal's tables, in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.text_factory = bytes
        upgrade(connection, 0)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@given(RECORDS.map(unique))
def test_everything_outlives_a_restart(
    connection: sqlite3.Connection, record: MessageRecord
) -> None:
    """To the last attempt."""
    connection.execute("DELETE FROM message")
    write_message(connection, record, None, 1)

    assert get(connection, record.message_id) == record


@given(RECORDS.map(unique), st.data())
def test_to_write_what_has_changed_is_enough(
    connection: sqlite3.Connection, record: MessageRecord, data: st.DataObject
) -> None:
    """Of the submissions, and of the moments of the message."""
    connection.execute("DELETE FROM message")
    write_message(connection, record, None, 1)
    changed = [
        replace(data.draw(SUBMISSIONS), recipient=each.recipient, part=each.part)
        for each in record.submissions
        if data.draw(st.booleans())
    ]
    options = replace(record.options, send_at=data.draw(st.none() | TIMES))
    after = replace(
        record,
        submissions=record.submissions.replaced(changed),
        created=data.draw(TIMES),
        options=options,
        urgent=data.draw(st.booleans()),
        joined=data.draw(JOINED),
    )

    write_message(connection, after, [each.key for each in changed], 1)

    assert get(connection, record.message_id) == after


@given(RECORDS.map(unique))
def test_who_has_joined_is_found_by_his_own_id(
    connection: sqlite3.Connection, record: MessageRecord
) -> None:
    """As he knows the message; and goes with it when it is forgotten."""
    connection.execute("DELETE FROM message")
    write_message(connection, record, None, 1)

    for joined in record.joined:
        if joined.message_id != record.message_id:
            assert get(connection, joined.message_id) == seen_by(
                record, joined.message_id
            )
    connection.execute("DELETE FROM message")
    assert connection.execute("SELECT count(*) FROM joined").fetchone() == (0,)
