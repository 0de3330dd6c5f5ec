"""Which request may be made next, and when: by their order, the gateway and the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ...gateways.errors import (
    GatewayError,
    NoAccountAvailableError,
    NothingBeginsError,
    RateLimitedError,
)
from ...gateways.model.message import SendResult, Submission
from ...gateways.outcome import Outcome
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.refusals import is_refusal_of_account
from ..model.sequence import ready
from ..model.submission import RowKey, row_key
from ..runtime.clock import Clock
from .account_rest import AccountRest
from .attempts import Attempt, Candidate, Cost
from .backoff import LONGEST_PAUSE, LONGEST_PUT_OFF, Backoff, Begin, pause_after
from .queue import QueuedRequest, RequestQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is known of a request from its beginning."""

    begin: Begin
    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class _PutOff:
    """A message that the gateway did not look at, so that it waits by itself."""

    times: int
    """How often in a row."""
    until: timedelta


class Pace:
    """Chooses the next request of one account."""

    def __init__(
        self,
        store: MessageStore,
        queue: RequestQueue,
        clock: Clock,
        cost: Cost,
        *,
        concurrency: int,
        batch_size: int,
    ) -> None:
        """Choose from `queue`, by what `store` knows of the messages.

        `concurrency` is how many requests may be under way, `batch_size` how many
        submissions a request holds.
        """
        self._store = store
        self._queue = queue
        self._clock = clock
        self._cost = cost
        self._batch_size = batch_size
        self.backoff = Backoff(clock, concurrency)
        self.rest = AccountRest(clock)
        self._put_off: dict[str, _PutOff] = {}
        self._failure: GatewayError | None = None
        """Why a request last did not reach the gateway."""

    @property
    def is_waiting(self) -> bool:
        """Whether most or all of what is in the queue has to wait for its time."""
        return self.backoff.resume_at is not None or self.rest.refusal is not None

    @property
    def room(self) -> int:
        """How many more requests may be under way."""
        concurrency = 1 if self.rest.is_unproven else self.backoff.concurrency
        return max(0, concurrency - len(self._queue.running))

    @property
    def wakes_at(self) -> timedelta | None:
        """When so much has elapsed, something may begin that nobody else will cause."""
        due = self._queue.next_due(self._clock.elapsed())
        probe = self.rest.wakes_at if self._queue else None
        times = (self.backoff.resume_at, due, probe)
        return min((time for time in times if time is not None), default=None)

    @property
    def is_balance_due(self) -> bool:
        """Whether to ask for the balance now, as something waits for what it tells."""
        return (
            self.rest.is_probe_due
            and self.rest.asks_balance
            and self._first_due() is not None
        )

    def next_request(self) -> QueuedRequest | None:
        """Return what may begin now."""
        if self._first_due() is None:
            self.backoff.backlog_empty()
            return None
        if not self.room or self.backoff.resume_at is not None:
            return None
        if self.rest.is_probe_due and not self.rest.asks_balance:
            self.rest.begin_probe()
        return self._first_due() if self.rest.refusal is None else self._next_in_rest()

    def may_begin(self, message_id: str) -> bool:
        """Return whether what waits of a message waits for its turn only."""
        if self.backoff.resume_at is not None:
            return False
        if self.rest.refusal is None:
            return True
        record = self._store.get_open(message_id)
        if record is None:
            return False
        keys = ready(record)[: self._batch_size]
        return self.rest.lets_pass(self._candidate(record, keys))

    @property
    def pause_reason(self) -> GatewayError | None:
        """Why all waits for a while; `None` if it doesn't."""
        is_pausing = self.backoff.resume_at is not None
        return (self._failure or NothingBeginsError()) if is_pausing else None

    def obstacle(self, candidate: Candidate) -> GatewayError | None:
        """Return why a new message could not begin now; `None` if it could.

        It may be a probe, where only a message can tell whether a rest is over.
        """
        if (reason := self.pause_reason) is not None:
            return reason
        rest = self.rest
        is_probe = rest.is_probe_due and not rest.asks_balance
        if is_probe or rest.lets_pass(candidate) or rest.fits_probe(candidate):
            return None
        return rest.refusal

    def put_off_until(self, message_id: str) -> timedelta | None:
        """Return until when a message waits by itself; `None` if it doesn't."""
        one = self._put_off.get(message_id)
        return None if one is None or one.until <= self._clock.elapsed() else one.until

    def forget_put_off(self) -> None:
        """Let no message wait by itself any longer."""
        self._put_off.clear()

    def start(self, record: MessageRecord, keys: Sequence[RowKey]) -> Start:
        """Note that a request of a message is made."""
        return Start(
            begin=self.backoff.begin(),
            attempt=self.rest.begin(self._candidate(record, keys)),
        )

    def end(self, start: Start) -> None:
        """Note that a request is under way no longer, whatever became of it."""
        self.rest.end(start.attempt)

    def note_result(
        self, start: Start, record: MessageRecord, result: SendResult, part: int = 1
    ) -> tuple[RowKey, ...]:
        """Note what came of a request, for one part of a message's text.

        Returns the submissions that were refused because of the account.
        """
        self._note_reached(start, record.message_id, result.submissions)
        refused = [
            submission
            for submission in result.submissions
            if is_refusal_of_account(submission.error, record.sender)
        ]
        outcomes = {submission.outcome for submission in result.submissions}
        if Outcome.ACCEPTED in outcomes:
            self.rest.note_accepted(start.attempt)
        elif not refused and Outcome.NOT_SENT not in outcomes:
            self.rest.note_undecided(start.attempt)
        keys = tuple(row_key(submission.recipient, part) for submission in refused)
        for error in [s.error for s in refused if s.error is not None][:1]:
            cost = self._cost(record, keys)
            self.rest.note_refused(start.attempt, error, cost)
        return keys

    def _note_reached(
        self, start: Start, message_id: str, submissions: Sequence[Submission]
    ) -> None:
        """Note whether the gateway could be reached."""
        not_sent = [s for s in submissions if s.outcome is Outcome.NOT_SENT]
        if any(isinstance(s.error, NoAccountAvailableError) for s in not_sent):
            # Others may be for accounts that are available.
            self._put_message_off(message_id, LONGEST_PAUSE)
            return
        limits = [s.error for s in not_sent if isinstance(s.error, RateLimitedError)]
        self._failure = next((one.error for one in not_sent), None)
        if not not_sent:
            self.backoff.record_success()
        elif len(limits) == len(not_sent) and all(one.is_presumed for one in limits):
            self.backoff.record_put_off(start.begin, message_id)
            self._put_message_off(message_id)
            return
        else:
            waits = [limit.wait for limit in limits if limit.wait is not None]
            self.backoff.record_failure(start.begin, max(waits, default=None))
        self._put_off.pop(message_id, None)

    def _put_message_off(
        self, message_id: str, longest: timedelta = LONGEST_PUT_OFF
    ) -> None:
        """Let a message wait by itself, longer each time, as others may be taken."""
        now = self._clock.elapsed()
        known = self._put_off.pop(message_id, None)
        times = 1 if known is None else known.times + 1
        # What has gone meanwhile is never tried again.
        self._put_off = {
            other: one
            for other, one in self._put_off.items()
            if one.until + LONGEST_PUT_OFF > now
        }
        self._put_off[message_id] = _PutOff(
            times=times, until=now + pause_after(times, longest)
        )

    def _first_due(self) -> QueuedRequest | None:
        return next(self._queue.due(self._clock.elapsed()), None)

    def _next_in_rest(self) -> QueuedRequest | None:
        """Return what may begin although the account rests."""
        if self.rest.holds_all:
            return None
        probed: QueuedRequest | None = None
        for request in self._queue.due(self._clock.elapsed()):
            record = self._store.get_open(request.message_id)
            if record is None:
                # It was settled meanwhile: to begin it is to drop it.
                return request
            candidate = self._candidate(record, request.keys)
            if self.rest.lets_pass(candidate):
                return request
            if self.rest.fits_probe(candidate):
                if not self.rest.was_probed(candidate):
                    return request
                probed = probed or request
        if probed is None and self.rest.may_probe:
            self.rest.put_off_probe()
        return probed

    def _candidate(self, record: MessageRecord, keys: Sequence[RowKey]) -> Candidate:
        return Candidate(
            message_id=record.message_id,
            cost=self._cost(record, keys) if keys else Decimal(0),
            is_urgent=record.urgent,
        )
