"""Whom something is for, whether the guard lets it pass, and how that is reported."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...gateways.errors import RejectedError
from ...gateways.outcome import Outcome
from ..guard.guard import Guard
from ..model.record import MessageRecord
from ..model.report import RecipientResult, Report
from ..model.submission import Failure, Stage
from ..recipients.address_book import Recipient, UnusableTarget

type Targets = Sequence[Recipient | UnusableTarget]


def usable(targets: Targets) -> list[Recipient]:
    """Return those that something can be sent to, each number once.

    Raises:
        RejectedError: there is none; why the first one can't be used.

    """
    by_number: dict[str, Recipient] = {}
    for target in targets:
        if isinstance(target, Recipient):
            by_number.setdefault(target.number, target)
    recipients = [*by_number.values()]
    if not recipients:
        raise next(
            target.error for target in targets if isinstance(target, UnusableTarget)
        )
    return recipients


def without_identical(guard: Guard, record: MessageRecord) -> MessageRecord:
    """Return a new message without those who had the same text a short while ago.

    Raises:
        RejectedError: that is everybody.

    """
    return _without(record, guard.check_identical(record))


def admitted(guard: Guard, record: MessageRecord) -> MessageRecord:
    """Return a new message as the guard lets it pass, and count it.

    Raises:
        RejectedError: it lets nothing of it pass.

    """
    return _without(record, guard.admit(record))


def _without(
    record: MessageRecord, refused: Mapping[str, RejectedError]
) -> MessageRecord:
    if refused and len(refused) == sum(s.is_waiting for s in record.submissions):
        raise next(iter(refused.values()))
    return record.updated(
        replace(
            record.find(number),
            outcome=Outcome.REJECTED,
            stage=Stage.CLOSED,
            failure=Failure.of(error),
        )
        for number, error in refused.items()
    )


def uncount(guard: Guard, record: MessageRecord, numbers: Iterable[str]) -> None:
    """Let the guard forget what has cost nothing."""
    for number in numbers:
        guard.uncount(record.message_id, number)


def report(record: MessageRecord, targets: Targets, gateway_key: str) -> Report:
    """Return what became of a message for each of its targets, in their order."""
    return Report(
        record=record,
        results=tuple(
            RecipientResult.of(record.find(target.number), gateway_key).told_of(target)
            if isinstance(target, Recipient)
            else RecipientResult.unusable(target, gateway_key)
            for target in targets
        ),
    )
