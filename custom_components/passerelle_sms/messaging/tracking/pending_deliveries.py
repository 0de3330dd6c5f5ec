"""The submissions whose delivery is awaited, and which of them a report is about."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ...gateways.model.delivery import DeliveryReport, Sent
from ...gateways.outcome import Outcome
from ..model.record import DeliveryState, MessageRecord, Stage, SubmissionRecord

type Key = tuple[str, str]
"""A message's id, and a number that it goes to."""
type SameId = Callable[[str, str], bool]

# Two numbers that share this many last digits may be one.
_SUFFIX: Final = 8
# So many that have ended are remembered, as a gateway may tell the same twice.
_REMEMBERED: Final = 1000
# Without an id, a report is about a submission only if it speaks of that time.
_BEFORE: Final = timedelta(minutes=2)
_AFTER: Final = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class PendingDelivery:
    """A submission of which there is more to hear."""

    message_id: str
    sent: Sent = field(repr=False)
    since: datetime
    """When the gateway was to send it."""
    due: datetime
    """When to ask about it."""
    delivery: DeliveryState | None
    """What is known; `None` while it is in doubt: a report would prove that it left."""

    @property
    def may_have_left(self) -> bool:
        """Whether nobody knows yet that the gateway has it."""
        return self.delivery is None

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.message_id, self.sent.recipient


class PendingDeliveries:
    """What is awaited, and what has ended lately."""

    def __init__(self, same_id: SameId) -> None:
        """Compare ids with `same_id(known, told)`."""
        self._same_id = same_id
        self._awaited: dict[Key, PendingDelivery] = {}
        self._ended: OrderedDict[Key, PendingDelivery] = OrderedDict()
        self._by_suffix: defaultdict[str, dict[Key, PendingDelivery]] = defaultdict(
            dict
        )

    def __len__(self) -> int:
        """Return how many are awaited."""
        return len(self._awaited)

    def __iter__(self) -> Iterator[PendingDelivery]:
        """Yield those that are awaited."""
        return iter(tuple(self._awaited.values()))

    def follow(self, record: MessageRecord, due: datetime) -> bool:
        """Take up what of a message is awaited now, to be asked about first when `due`.

        Returns whether anything was taken up.
        """
        found = False
        for submission in record.submissions:
            key = record.message_id, submission.recipient.number
            known = self._awaited.get(key)
            may_have_left = _may_have_left(submission)
            if not may_have_left and not _is_awaited(submission):
                self._end(_awaited(record, submission, due))
            elif (
                known is None
                or known.sent != submission.sent
                or known.may_have_left is not may_have_left
            ):
                self._add(_awaited(record, submission, due))
                found = True
            else:
                known.delivery = submission.delivery
        return found

    def of(self, message_id: str) -> tuple[PendingDelivery, ...]:
        """Return what is awaited of a message."""
        return tuple(one for one in self if one.message_id == message_id)

    def match(self, report: DeliveryReport) -> PendingDelivery | None:
        """Return the submission that a report is about: by its id and its number.

        A request's id is that of all its recipients, of whom two may end in the digits
        that the gateway tells: then nobody knows.
        """
        fitting = [one for one in self._near(report) if self._has_id_of(one, report)]
        return fitting[0] if len(fitting) == 1 else None

    def match_by_time(self, report: DeliveryReport) -> PendingDelivery | None:
        """Return the submission without an id that a report must be about.

        Its number and its time must fit, and must fit no other one; and the report must
        not have the id of another message.
        """
        if report.at is None:
            return None
        fitting = [
            one
            for one in self._near(report)
            if one.sent.submission_id is None
            and one.key in self._awaited
            and one.since - _BEFORE <= report.at <= one.since + _AFTER
        ]
        if len(fitting) != 1 or self._is_of_another(fitting[0], report):
            return None
        return fitting[0]

    def forget(self, one: PendingDelivery) -> None:
        """Know nothing more of a submission that there is no more."""
        self._awaited.pop(one.key, None)
        self._ended.pop(one.key, None)
        suffix = one.sent.recipient[-_SUFFIX:]
        self._by_suffix[suffix].pop(one.key, None)
        if not self._by_suffix[suffix]:
            del self._by_suffix[suffix]

    def _near(self, report: DeliveryReport) -> Iterable[PendingDelivery]:
        known = self._by_suffix.get(report.recipient[-_SUFFIX:], {})
        return (one for one in known.values() if report.is_about(one.sent.recipient))

    def _has_id_of(self, one: PendingDelivery, report: DeliveryReport) -> bool:
        known, told = one.sent.submission_id, report.submission_id
        if known is None:
            return False
        if told is not None and self._same_id(known, told):
            return True
        # Of some the gateway has told only the id of the whole request.
        return known == one.sent.sending_id == report.sending_id

    def _is_of_another(self, one: PendingDelivery, report: DeliveryReport) -> bool:
        return any(
            other.message_id != one.message_id and self._has_id_of(other, report)
            for other in (*self._awaited.values(), *self._ended.values())
        )

    def _add(self, awaited: PendingDelivery) -> None:
        self._ended.pop(awaited.key, None)
        self._awaited[awaited.key] = awaited
        self._find_by_suffix(awaited)

    def _end(self, ended: PendingDelivery) -> None:
        self.forget(ended)
        if ended.delivery is None:
            return
        self._ended[ended.key] = ended
        self._find_by_suffix(ended)
        while len(self._ended) > _REMEMBERED:
            self.forget(next(iter(self._ended.values())))

    def _find_by_suffix(self, awaited: PendingDelivery) -> None:
        suffix = awaited.sent.recipient[-_SUFFIX:]
        self._by_suffix[suffix][awaited.key] = awaited


def _awaited(
    record: MessageRecord, submission: SubmissionRecord, due: datetime
) -> PendingDelivery:
    begun = submission.attempted or record.created
    since = max(begun, record.options.send_at or begun)
    return PendingDelivery(
        message_id=record.message_id,
        sent=submission.sent,
        since=since,
        due=max(since, due),
        delivery=submission.delivery,
    )


def _is_awaited(submission: SubmissionRecord) -> bool:
    return submission.delivery is not None and not submission.delivery.status.is_final


def _may_have_left(submission: SubmissionRecord) -> bool:
    """Return whether it may have left: a report that it arrived would prove it."""
    return (
        submission.outcome is Outcome.UNKNOWN and submission.stage is not Stage.CLOSED
    )
