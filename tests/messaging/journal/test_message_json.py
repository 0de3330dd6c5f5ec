"""A record as JSON knows it, and back."""

from datetime import UTC, datetime
import json

from hypothesis import given, strategies as st

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.message_json import (
    record_from_json,
    record_to_json,
)
from custom_components.passerelle_sms.messaging.model.record import (
    DeliveryState,
    Failure,
    Kind,
    MessageRecord,
    OnUnknown,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXTS = st.text(max_size=10)
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
TIMES = st.datetimes(timezones=st.just(UTC))


SUBMISSIONS = st.builds(
    SubmissionRecord,
    recipient=st.builds(
        Recipient, number=st.sampled_from([MAMAN, PAPA]), name=st.none() | TEXTS
    ),
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
    balance_before=AMOUNTS,
    resent=st.booleans(),
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
    own=st.dictionaries(TEXTS, st.booleans() | st.integers() | TEXTS, max_size=2),
)
RECORDS = st.builds(
    MessageRecord,
    message_id=TEXTS,
    created=TIMES,
    expires=TIMES,
    text=TEXTS,
    sender=st.none() | TEXTS,
    encoding=st.sampled_from(Encoding),
    segments=st.integers(1, 10),
    on_unknown=st.sampled_from(OnUnknown),
    urgent=st.booleans(),
    kind=st.sampled_from(Kind),
    options=OPTIONS,
    submissions=st.lists(SUBMISSIONS, max_size=3).map(tuple),
)


@given(RECORDS)
def test_everything_outlives_a_restart(record: MessageRecord) -> None:
    """To the last attempt."""
    stored = json.dumps(record_to_json(record))

    assert record_from_json(json.loads(stored)) == record


def test_what_an_earlier_version_stored_is_read() -> None:
    """It knew no kind, no options and no delivery."""
    record = MessageRecord(
        message_id="1",
        created=NOON,
        expires=NOON,
        text="La citerne est vide.",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=(
            SubmissionRecord(recipient=Recipient(number=MAMAN, name="Maman")),
        ),
    )
    stored = record_to_json(record)
    for name in ("kind", "options"):
        del stored[name]
    for name in ("sending_id", "delivery", "resent"):
        del stored["submissions"][0][name]

    assert record_from_json(stored) == record
