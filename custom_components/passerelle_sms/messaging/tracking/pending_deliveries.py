"""The submissions whose delivery is awaited, and which of them a report is about."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from ...gateways.model.delivery import DeliveryReport, Sent
from ...gateways.outcome import Outcome
from ..model.failure import DeliveryState
from ..model.record import MessageRecord
from ..model.submission import RowKey, SubmissionRecord
from .age import Ages, Since
from .poller import HORIZON
from .schedule import Schedule

type Key = tuple[str, RowKey]
"""A message's id, and the key of one of its submissions."""
type _Label = tuple[str, ...]

# Two numbers that share this many last digits may be one.
_SUFFIX: Final = 8
# So many that have ended are remembered, as a gateway may tell the same twice.
_REMEMBERED: Final = 1000
# Without an id, a report is about a submission only if it speaks of that time.
_BEFORE: Final = timedelta(minutes=2)
_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDelivery:
    """A submission of which there is more to hear, or was until lately."""

    message_id: str
    row: RowKey = field(repr=False)
    """Which submission of the message it is."""
    sent: Sent = field(repr=False)
    since: Since
    """When the gateway was to send it."""
    delivery: DeliveryState | None
    """What is known; `None` while it is in doubt: a report would prove that it left."""

    @property
    def may_have_left(self) -> bool:
        """Whether nobody knows yet that the gateway has it."""
        return self.delivery is None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is awaited."""
        return self.delivery is not None and self.delivery.status.is_final

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.message_id, self.row


class PendingDeliveries:
    """What is awaited, and what has ended lately.

    Whatever is asked here is found by a label: no question looks at all of them.
    """

    def __init__(
        self,
        ages: Ages,
        id_key: Callable[[str], str],
        *,
        is_told_by_number: bool = True,
    ) -> None:
        """Take two ids for one if `id_key` makes the same of them, and not nothing.

        Unless `is_told_by_number`, a report may name no number: its id is enough.
        """
        self._ages = ages
        self._id_key = id_key
        self._is_told_by_number = is_told_by_number
        self.schedule: Final = Schedule[Key]()
        """When to ask about what is awaited; what has ended is removed from it."""
        self._known: dict[Key, PendingDelivery] = {}
        self._ended: dict[Key, None] = {}
        self._labelled: defaultdict[_Label, dict[Key, None]] = defaultdict(dict)
        self._unnamed = _UnnamedAttempts(ages)

    def __len__(self) -> int:
        """Return how many are awaited."""
        return len(self._known) - len(self._ended)

    def __iter__(self) -> Iterator[PendingDelivery]:
        """Yield those that are awaited."""
        return iter([one for one in self._known.values() if not one.has_ended])

    def follow(
        self, record: MessageRecord, changed: Iterable[SubmissionRecord]
    ) -> list[PendingDelivery]:
        """Hear how submissions of a message are now; return what is awaited anew."""
        found: list[PendingDelivery] = []
        for submission in changed:
            one = PendingDelivery(
                message_id=record.message_id,
                row=submission.key,
                sent=submission.sent,
                since=self._ages.since(record, submission),
                delivery=submission.delivery,
            )
            self._unnamed.follow(one, submission)
            known = self.get(one.key)
            if one.has_ended:
                self._end(one)
            elif one.may_have_left and not submission.may_have_left:
                self.forget(one.key)
            elif known is not None and _is_same(known, one):
                self._known[one.key] = replace(known, delivery=one.delivery)
            else:
                self._add(one)
                found.append(one)
        return found

    def of(self, message_id: str) -> tuple[PendingDelivery, ...]:
        """Return what is awaited of a message."""
        return tuple(self._with_label("message", message_id))

    def is_awaited(self, message_id: str) -> bool:
        """Return whether anything of a message is awaited."""
        return ("message", message_id) in self._labelled

    def get(self, key: Key) -> PendingDelivery | None:
        """Return a submission, if it is awaited."""
        one = self._known.get(key)
        return None if one is None or one.has_ended else one

    def with_same_id(self, one: PendingDelivery) -> tuple[PendingDelivery, ...]:
        """Return those that are awaited and have the id of one of them: a request's."""
        same = self._with_label("id", self._id_key(one.sent.submission_id or ""))
        return tuple(other for other in same if not other.has_ended)

    def match(self, report: DeliveryReport) -> PendingDelivery | None:
        """Return the submission that a report is about: by its id and its number.

        A request's id is that of all its recipients, of whom two may end in the digits
        that the gateway tells: then nobody knows.
        """
        has_number = bool(report.recipient) or self._is_told_by_number
        suffix = (report.recipient[-_SUFFIX:],) if has_number else ()
        fitting = {
            one.key: one
            for one in self._with_id_of(report, *suffix)
            if not has_number or report.is_about(one.sent.recipient)
        }
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def match_by_time(self, report: DeliveryReport) -> PendingDelivery | None:
        """Return the submission without an id that a report must be about.

        Its number and its time must fit, and must fit no other one; and the report must
        not have the id of another message. One in doubt is not told by a report that may
        be late news of anything else that went to that number.
        """
        if report.at is None:
            return None
        ago = self._ages.age(report.at)
        fitting = [
            one
            for one in self._with_label("no id", report.recipient[-_SUFFIX:])
            if report.is_about(one.sent.recipient)
            and -_BEFORE <= self._ages.age(one.since) - ago <= _AFTER
        ]
        if len(fitting) != 1 or any(
            other.message_id != fitting[0].message_id
            for other in self._with_id_of(report)
        ):
            return None
        [one] = fitting
        if one.may_have_left and self._unnamed.may_explain(report, ago, but=one.key):
            return None
        return one

    def forget(self, key: Key) -> None:
        """Know nothing more of a submission."""
        if (one := self._known.pop(key, None)) is None:
            return
        self._ended.pop(key, None)
        self.schedule.remove(key)
        for label in self._labels(one):
            del self._labelled[label][key]
            if not self._labelled[label]:
                del self._labelled[label]

    def _with_id_of(
        self, report: DeliveryReport, *suffix: str
    ) -> Iterator[PendingDelivery]:
        """Yield those that have the id of a report."""
        yield from self._with_label(
            "id", self._id_key(report.submission_id or ""), *suffix
        )
        # Of some the gateway has told, or tells now, only the id of the whole request.
        for one in self._with_label("request", report.sending_id or "", *suffix):
            ids = (report.submission_id, one.sent.submission_id)
            if report.sending_id in ids or None in ids:
                yield one

    def _with_label(self, *label: str) -> Iterator[PendingDelivery]:
        return (self._known[key] for key in self._labelled.get(label, ()))

    def _labels(self, one: PendingDelivery) -> Iterator[_Label]:
        """Yield what a submission is found by."""
        suffix = one.sent.recipient[-_SUFFIX:]
        if not one.has_ended:
            yield "message", one.message_id
        if sending_id := one.sent.sending_id:
            yield "request", sending_id
            yield "request", sending_id, suffix
        if (submission_id := one.sent.submission_id) is None:
            yield "no id", suffix
        elif id_key := self._id_key(submission_id):
            yield "id", id_key
            yield "id", id_key, suffix

    def _add(self, one: PendingDelivery) -> None:
        self.forget(one.key)
        self._known[one.key] = one
        for label in self._labels(one):
            self._labelled[label][one.key] = None

    def _end(self, one: PendingDelivery) -> None:
        if one.sent.submission_id is None:
            # No report can be known to be about it any more.
            self.forget(one.key)
            return
        self._add(one)
        self._ended[one.key] = None
        if len(self._ended) > _REMEMBERED:
            self.forget(next(iter(self._ended)))


class _UnnamedAttempts:
    """What may have left without an id that is known: a report may be about any of it.

    Of what was settled otherwise than by an answer, was sent again, or is the user's to
    judge, a report may still come, long after.
    """

    def __init__(self, ages: Ages) -> None:
        """Know of none."""
        self._ages = ages
        self._known: dict[Key, PendingDelivery] = {}
        self._by_suffix: defaultdict[str, dict[Key, None]] = defaultdict(dict)

    def follow(self, one: PendingDelivery, submission: SubmissionRecord) -> None:
        """Hear how a submission is now."""
        known = self._known.get(one.key, one)
        self._forget(one.key)
        if submission.attempts > _is_named(submission):
            # Of several times the first.
            self._known[one.key] = replace(one, since=known.since)
            self._by_suffix[one.sent.recipient[-_SUFFIX:]][one.key] = None
        while self._known and self._is_over(oldest := next(iter(self._known.values()))):
            self._forget(oldest.key)

    def may_explain(self, report: DeliveryReport, ago: timedelta, *, but: Key) -> bool:
        """Return whether a report from so long ago may be about another one of these."""
        others = map(
            self._known.__getitem__,
            self._by_suffix.get(report.recipient[-_SUFFIX:], ()),
        )
        return any(
            one.key != but
            and report.is_about(one.sent.recipient)
            and self._ages.age(one.since) >= ago - _BEFORE
            and not self._is_over(one)
            for one in others
        )

    def _is_over(self, one: PendingDelivery) -> bool:
        """Return whether a report about something would be too late by now."""
        return self._ages.age(one.since) >= HORIZON

    def _forget(self, key: Key) -> None:
        if (one := self._known.pop(key, None)) is not None:
            suffix = one.sent.recipient[-_SUFFIX:]
            del self._by_suffix[suffix][key]
            if not self._by_suffix[suffix]:
                del self._by_suffix[suffix]


def _is_named(submission: SubmissionRecord) -> bool:
    """Return whether one attempt is told from others by its id, or was reported on."""
    delivery, sent = submission.delivery, submission.sent
    if submission.outcome is not Outcome.ACCEPTED or delivery is None:
        return False
    return delivery.status.is_final or sent.submission_id is not None


def _is_same(known: PendingDelivery, one: PendingDelivery) -> bool:
    return (known.sent, known.may_have_left) == (one.sent, one.may_have_left)
