"""Whom something is for, whether the guard lets it pass, and how that is reported."""

from collections.abc import Iterable, Mapping, Sequence

from ...gateways.errors import RejectedError
from ..guard.guard import Guard
from ..message_store import Change
from ..model.planning import mark_planned, refused_here, released
from ..model.record import MessageRecord
from ..model.report import RecipientResult, Report, result_for
from ..model.submission import RowKey
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


def admissible(guard: Guard, record: MessageRecord) -> MessageRecord:
    """Return a new message as the guard would let it pass, and count nothing.

    Raises:
        RejectedError: it would let nothing of it pass.

    """
    return _without(record, guard.check(record))


def admitted(guard: Guard, record: MessageRecord) -> MessageRecord:
    """Return a new message as the guard lets it pass, and count it.

    Raises:
        RejectedError: it lets nothing of it pass.

    """
    return _without(record, guard.admit(record))


def planned(guard: Guard, record: MessageRecord) -> MessageRecord:
    """Return a new message as it is kept here until its hour.

    Raises:
        RejectedError: the guard lets nothing of it pass.

    """
    return mark_planned(_without(record, guard.plan(record)))


def admitted_at_its_hour(guard: Guard, record: MessageRecord) -> Change:
    """Count a message whose hour has come, and return how the guard lets it pass.

    Its caller was answered long ago: what is refused now has to be told otherwise.
    """
    waiting = released(record)
    try:
        refused = guard.admit(waiting)
    except RejectedError as error:
        numbers = [s.recipient.number for s in waiting.submissions if s.is_waiting]
        refused = dict.fromkeys(numbers, error)

    def change(record: MessageRecord) -> MessageRecord:
        return refused_here(released(record), refused, is_answered=True)

    return change


def _without(
    record: MessageRecord, refused: Mapping[str, RejectedError]
) -> MessageRecord:
    waiting = {s.recipient.number for s in record.submissions if s.is_waiting}
    if refused and len(refused) == len(waiting):
        raise next(iter(refused.values()))
    return refused_here(record, refused)


def uncount(guard: Guard, record: MessageRecord, keys: Iterable[RowKey]) -> None:
    """Let the guard forget what has cost nothing."""
    for key in keys:
        guard.uncount(record.message_id, key)


def report(record: MessageRecord, targets: Targets, gateway_key: str) -> Report:
    """Return what became of a message for each of its targets, in their order."""
    return Report(
        record=record,
        results=tuple(
            result_for(record, target.number, gateway_key).told_of(target)
            if isinstance(target, Recipient)
            else RecipientResult.unusable(target, gateway_key)
            for target in targets
        ),
    )
