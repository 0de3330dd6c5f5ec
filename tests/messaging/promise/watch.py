"""Watches how long a house takes: over a doubt, over what waits, and how often it asks."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.sequence import is_blocked
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.reconciliation.balance_evidence import (
    Evidence,
)
from tests.messaging.harness import MessagingHarness
from tests.simulator import SimulatedGateway

SETTLED_WITHIN: Final = timedelta(minutes=10, seconds=31)
RESENT_WITHIN: Final = timedelta(seconds=31)
RESENT_AFTER_SHIFT: Final = timedelta(seconds=92)
"""When it was found expired, and the clock then set back: with the next look."""
SENT_WITHIN: Final = timedelta(seconds=31)
WORKS_AFTER: Final = timedelta(minutes=5)
"""The longest rest of an account."""
_PAUSES: Final = (30, 60, 120, 240)
_LONGEST_PAUSE: Final = 300
_SHORTEST: Final = 0.75
"""Each may be shorter, so that not everybody comes back at once."""

type Key = tuple[str, RowKey]


class Watch:
    """Has an eye on the clock, by elapsed time; a new run begins anew."""

    def __init__(self, harness: MessagingHarness, simulated: SimulatedGateway) -> None:
        """Watch over `harness`, and what `simulated` is asked."""
        self._harness = harness
        self._simulated = simulated
        self._in_doubt: dict[Key, timedelta] = {}
        self._waiting: dict[Key, timedelta] = {}
        self._well_since: timedelta | None = None
        self._shifted_at = timedelta(days=-1)
        self._rest_since: timedelta | None = None
        self._rest_base = 0
        self._rest_allowance = 0
        self.most_in_doubt = 0
        """How many submissions were in doubt at once at most."""
        self._doubted_in_vain: set[Key] = set()
        """What the ledger has taken to be in doubt although it was settled."""

    def begin_run(self) -> None:
        """Follow a house that is about to start."""
        self._in_doubt.clear()
        self._waiting.clear()
        self._well_since = None
        self._harness.store.listen(self._on_changed)
        self._harness.ledger.on_sighted = partial(
            self._on_sighted, self._harness.ledger.on_sighted
        )
        self.excuse()

    def note_trouble(self) -> None:
        """Note that something went wrong just now, and is over."""
        self._well_since = None

    def note_shift(self) -> None:
        """Note that the clock was set."""
        self._shifted_at = self._harness.clock.elapsed()

    def begin_rest(self) -> None:
        """Note that the gateway refuses the account from now on."""
        self._rest_since = self._harness.clock.elapsed()
        self._rest_base = self._simulated.asked("send")
        self._rest_allowance = 12

    def end_rest(self) -> None:
        """Note that it is mended."""
        self._rest_since = None

    def excuse(self) -> None:
        """Note that there was a reason to try anew."""
        self._rest_allowance += 12

    def check(self, *, is_well: bool, was_refused: bool, has_urgent: bool) -> None:
        """See that nothing takes too long, as it is now."""
        assert not self._doubted_in_vain
        self._check_doubts()
        self._check_waiting(is_well=is_well, was_refused=was_refused)
        self._check_rest(has_urgent=has_urgent)

    # --- the steps of that ---

    def _on_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Note when a request may have ended, or a doubt have begun."""
        for submission in changed:
            key = record.message_id, submission.key
            self._in_doubt[key] = self._harness.clock.elapsed()

    def _on_sighted(self, look: Callable[[Evidence], None], evidence: Evidence) -> None:
        """Note what is counted for a doubt: it would hide what the balance tells."""
        for charge in evidence.seen.charges:
            message_id, row = charge.key
            record = self._harness.store.get_open(message_id)
            is_open = record is not None and record.find(row).is_unknown_open
            if charge.is_in_doubt and not is_open:
                self._doubted_in_vain.add(charge.key)
        look(evidence)

    def _open(self) -> Iterator[tuple[Key, MessageRecord, SubmissionRecord]]:
        for record in self._harness.store:
            for submission in record.submissions:
                key = record.message_id, submission.key
                if not self._harness.dispatcher.is_in_request(*key):
                    yield key, record, submission

    def _check_doubts(self) -> None:
        now, in_doubt = self._harness.clock.elapsed(), 0
        for key, record, submission in self._open():
            if not submission.is_unknown_open:
                continue
            in_doubt += 1
            since = self._in_doubt.setdefault(key, now)
            assert now - since <= SETTLED_WITHIN, (now - since, key, submission)
            is_expired = record.expires <= self._harness.clock.now()
            if (
                record.on_unknown is OnUnknown.RESEND
                and not is_expired
                and not submission.resent
            ):
                was_shifted = self._shifted_at >= since
                limit = RESENT_AFTER_SHIFT if was_shifted else RESENT_WITHIN
                late = now - max(since, self._shifted_at)
                assert late <= limit, (late, key, submission)
        self.most_in_doubt = max(self.most_in_doubt, in_doubt)

    def _check_waiting(self, *, is_well: bool, was_refused: bool) -> None:
        now = self._harness.clock.elapsed()
        if not is_well:
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now
        waiting = {
            key
            for key, record, submission in self._open()
            if submission.is_waiting and not is_blocked(record, submission)
        }
        self._waiting = {key: self._waiting.get(key, now) for key in waiting}
        if self._well_since is None:
            return
        limit = SENT_WITHIN + WORKS_AFTER * was_refused
        for key, since in self._waiting.items():
            assert now - max(since, self._well_since) <= limit, (now - since, key)

    def _check_rest(self, *, has_urgent: bool) -> None:
        if self._rest_since is None:
            return
        rested = self._harness.clock.elapsed() - self._rest_since
        allowed = self._rest_allowance + _probes(rested.total_seconds())
        if has_urgent:
            allowed += int(rested.total_seconds() // 10)
        asked = self._simulated.asked("send") - self._rest_base
        assert asked <= allowed, (asked, allowed, rested)


def _probes(seconds: float) -> int:
    """Return how often an account that rests may be tried in so many seconds."""
    probes, left = 0, seconds
    for pause in _PAUSES:
        left -= pause * _SHORTEST
        if left < 0:
            return probes
        probes += 1
    return probes + int(left // (_LONGEST_PAUSE * _SHORTEST))
