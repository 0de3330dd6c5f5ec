"""Records for the tests of the journal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from custom_components.passerelle_sms.gateways.models import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.recipients import Recipient
from custom_components.passerelle_sms.messaging.record import (
    MessageRecord,
    Stage,
    SubmissionRecord,
)
from tests.conftest import MAMAN

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def submission(
    number: str = MAMAN,
    outcome: Outcome = Outcome.ACCEPTED,
    stage: Stage = Stage.CLOSED,
) -> SubmissionRecord:
    """Return a submission; without more words an accepted one."""
    return SubmissionRecord(
        recipient=Recipient(number=number, name="Maman"), outcome=outcome, stage=stage
    )


OPEN = submission(outcome=Outcome.QUEUED, stage=Stage.OPEN)


def message(
    minute: int,
    *submissions: SubmissionRecord,
    message_id: str | None = None,
    text: str = "La citerne est à 12 %.",
) -> MessageRecord:
    """Return a message created some minutes after noon, by default an accepted one."""
    created = NOON + timedelta(minutes=minute)
    return MessageRecord(
        message_id=message_id or f"01M7W4EX1X{minute:016}",
        created=created,
        expires=created + timedelta(hours=1),
        text=text,
        sender="MAISON",
        encoding=Encoding.GSM7,
        segments=1,
        submissions=submissions or (submission(),),
    )


def garble(path: Path) -> None:
    """Make it no database at all."""
    path.write_bytes(b"not a database " * 1000)


def overwrite_pages(path: Path) -> None:
    """Destroy everything but the first page."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
