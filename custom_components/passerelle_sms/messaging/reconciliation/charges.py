"""What a submission takes from the balance, as far as its outcome tells."""

from collections.abc import Iterable
from decimal import Decimal

from ...gateways.model.options import SmsOptions
from ...gateways.outcome import Outcome
from ..model.record import MessageRecord, planned_for
from ..model.submission import RowKey, SubmissionRecord
from ..recipients.phone_numbers import country_code
from .books import Books, Charge


def charge_of(
    record: MessageRecord, submission: SubmissionRecord, *, is_due: bool
) -> Charge | None:
    """Return the charge of a submission; `None` if there is none.

    Nobody knows whether a gateway charges what it is to send later when it takes it or
    when it sends it, and what a user says to have arrived may have been another message:
    both are possible only.
    """
    certain, possible = _times(submission)
    is_planned = planned_for(record, submission) is not None
    is_declared = submission.failure is not None
    if is_planned or is_declared:
        certain, possible = 0, certain + possible
    if not certain and not possible:
        return None
    return Charge(
        key=(record.message_id, submission.key),
        tariff=tariff_of(record, submission.recipient.number),
        segments=record.segments_of(submission),
        told=submission.cost,
        certain=certain,
        possible=possible,
        is_in_doubt=submission.is_unknown_open,
        is_due=is_due,
        is_planned=is_planned,
    )


def forgotten_charge(*, is_due: bool) -> Charge:
    """Return the charge of what an earlier run may have sent and could not write down.

    Nobody knows how much that was, if anything. So while it may still come a fall proves
    nothing, teaches no price, and is no riddle; an unchanged balance proves what it always
    does.
    """
    return Charge(
        key=("", RowKey("")), tariff="forgotten", segments=0, possible=1, is_due=is_due
    )


def cost_of(
    books: Books, record: MessageRecord, submissions: Iterable[SubmissionRecord]
) -> Decimal:
    """Return what a request for some submissions takes, as far as is known."""
    return sum(
        (
            books.price_in(tariff_of(record, one.recipient.number))
            * record.segments_of(one)
            for one in submissions
        ),
        Decimal(0),
    )


def tariff_of(record: MessageRecord, number: str) -> str:
    """Return what the price of a segment depends on: the country, and how it is sent."""
    return tariff_with(record.options, number)


def tariff_with(options: SmsOptions, number: str) -> str:
    """Return the same of a message with these options, which is none yet."""
    code = country_code(number)
    return f"{code} special" if options.voice or options.own else code


def _times(submission: SubmissionRecord) -> tuple[int, int]:
    """Return how often it was certainly charged, and how often it may have been besides."""
    match submission.outcome:
        case Outcome.ACCEPTED:
            return 1, max(submission.attempts - 1, 0)
        case Outcome.REJECTED:
            return 0, 0
        case Outcome.UNKNOWN:
            return 0, max(submission.attempts, 1)
        case _:
            # What was taken back has been charged, and given back.
            return 0, submission.attempts
