"""Judges what a house says by what its gateway has taken."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    ListsSentMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    EarlierPartFailedError,
    InsufficientCreditError,
    InvalidSenderError,
    IpNotAllowedError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    LONGEST_LIFE,
    MessageRecord,
    OnUnknown,
    text_of,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    LATEST_CHARGE,
)
from tests.messaging.harness import MessagingHarness
from tests.simulator import Acceptance, SimulatedGateway

OF_THE_ACCOUNT: Final = frozenset(
    error.key
    for error in (
        AccountInactiveError,
        AuthenticationError,
        InsufficientCreditError,
        InvalidSenderError,
        IpNotAllowedError,
    )
)
"""What an account is refused for says nothing about a message."""

type TextTo = tuple[str, str]
"""A text, and the number that it is for, as the gateway is told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How often at least and at most something may have been taken."""

    least: int
    most: int


class Judge:
    """Knows what was asked for, and what whoever asked has heard."""

    def __init__(self, harness: MessagingHarness, simulated: SimulatedGateway) -> None:
        """Judge what `harness` says by what `simulated` has taken."""
        self.harness = harness
        self.simulated = simulated
        self.asked: dict[str, MessageRecord] = {}
        self.refused: set[str] = set()
        self.answered: dict[str, None] = {}
        self.resent: Counter[str] = Counter()
        self.declared: set[str] = set()
        self.dropped: set[str] = set()
        self.taken_back: dict[tuple[str, RowKey], Outcome] = {}
        self.forgotten: set[str] = set()
        """What was only on a disk that has been damaged, or came after its copy, or was
        too urgent to wait for a disk."""
        self.losses = 0
        """How often a disk has lost what was on it."""
        self.spare: Counter[str] = Counter()
        """How often each may be sent besides, as what was sent could not be written."""
        self.begun: dict[str, timedelta] = {}
        """When each message was sent, by elapsed time."""
        self.earlier: set[str] = set()
        """What was sent before this run: it ages by its date."""
        self.aged: dict[str, timedelta] = {}
        """How far the clock was set forward since a message became one of those."""

    def ask(self, record: MessageRecord) -> None:
        """Note a message that is sent now."""
        self.asked[record.message_id] = record
        self.begun[record.message_id] = self.harness.clock.elapsed()

    def resend(self, record: MessageRecord) -> None:
        """Note that a person has what is held of a message sent again.

        A copy of the journal may be older than its being taken back.
        """
        self.resent[record.message_id] += 1
        for submission in record.submissions:
            if submission.stage is Stage.HELD:
                self.taken_back.pop((record.message_id, submission.key), None)

    def begin_run(self) -> None:
        """Note that the house has stopped, and begins again."""
        self.earlier = set(self.asked)

    def age(self, by: timedelta) -> None:
        """Let what an earlier run has left be older, as the clock says."""
        for message_id in self.earlier:
            known = self.aged.get(message_id, timedelta())
            self.aged[message_id] = known + max(by, timedelta())

    def said(self) -> Mapping[str, MessageRecord]:
        """Return what the house has last said of each message."""
        return self.harness.observer.latest

    def local(self, number: str) -> str:
        """Return a number as the gateway is told it."""
        return self.harness.gateway.local_number(number)

    # --- what is promised ---

    def check(self, final: Mapping[str, MessageRecord] | None = None) -> None:
        """See that what is said is so; `final` is what is known at last."""
        said = {**self.said(), **(final or {})}
        kept = [*self._kept(said)]
        taken = _counted(self.simulated.accepted)
        elsewhere = _counted(self.simulated.sent_elsewhere)
        if not isinstance(self.harness.gateway, ListsSentMessages):
            # Where it lists what it has sent, the same text from elsewhere is as good:
            # the person has it.
            elsewhere.clear()
        allowed = self._allowed(kept, said)
        for key in allowed.keys() | taken.keys():
            times = allowed[key]
            assert taken[key] <= times.most, (key, times)
            assert taken[key] + elsewhere[key] >= times.least, (key, times)
        self._check_order(kept, taken + elsewhere)
        self._check_joined(said)

    def check_taken_back(self, not_cancelled: Iterable[Acceptance]) -> None:
        """See that nothing is left at the gateway of what is said to be cancelled."""
        said = self.said()
        rows = [
            (self._text_to(record, row), (record.message_id, row.key))
            for record in self._kept(said)
            for row in record.submissions
        ]
        cancelled = {text for text, key in rows if key in self.taken_back}
        most: Counter[TextTo] = Counter()
        for text, key in rows:
            if self.taken_back.get(key) is not Outcome.NOT_SENT:
                most[text] += self._most(key[0])
        left = _counted(not_cancelled)
        assert all(left[text] <= most[text] for text in cancelled), (left, most)

    def check_ages(self) -> None:
        """See that a clock that is set right makes no message old."""
        for record in self.said().values():
            if not any(s.outcome is Outcome.EXPIRED for s in record.submissions):
                continue
            first = self._age_of(record.message_id)
            for message_id in (record.message_id, *record.joined_ids):
                is_old = self._age_of(message_id) >= self.asked[message_id].time_to_live
                assert is_old or first >= LONGEST_LIFE, message_id

    def check_refused(self) -> None:
        """See that nothing left that could not be written down."""
        taken = {one.text for one in self.simulated.accepted}
        others = self._texts(self.asked.keys() - self.refused)
        refused = self._texts(self.refused)
        assert not taken & refused - others

    def check_repetitions(self, requests: Mapping[TextTo, int]) -> None:
        """See that what is in doubt is asked for once more, until something is proved.

        `requests` are those that may have left. A proof takes ten minutes.
        """
        most = Counter[TextTo]()
        for message_id, asked in self.asked.items():
            age = self.harness.clock.elapsed() - self.begun[message_id]
            rounds = self._most(message_id) + age // LATEST_CHARGE + self.losses
            for row in asked.submissions:
                most[self._text_to(asked, row)] += 2 * rounds
        assert all(times <= most[key] for key, times in requests.items()), requests

    async def check_end(self) -> None:
        """See that nothing is left open: its end is known, or a person is asked."""
        final: dict[str, MessageRecord] = {}
        for message_id in self.asked.keys() - self.forgotten:
            # Asked for: what was written down just before a crash was told to nobody.
            record = await self.harness.store.get(message_id)
            if record is None:
                assert message_id not in self.answered, message_id
                continue
            assert message_id not in self.refused, message_id
            if record.leader is None:
                final[message_id] = record
            for submission in record.submissions:
                self._check_end_of(record, submission)
        self.check(final)

    def _check_end_of(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        if submission.outcome is not Outcome.UNKNOWN:
            assert submission.outcome is not Outcome.QUEUED, submission
            return
        ids = (record.message_id, *record.joined_ids)
        # Whoever took it back was told that it may be there twice.
        assert (
            submission.stage is Stage.HELD
            or self.dropped & set(ids)
            or any(
                self.taken_back.get((i, submission.key)) is Outcome.UNKNOWN for i in ids
            )
        ), submission

    # --- the steps of that ---

    def _kept(self, said: Mapping[str, MessageRecord]) -> Iterator[MessageRecord]:
        """Yield the messages that are sent for themselves, as they are said to be.

        One that was heard of by its own id has left those that it had joined: a copy of
        the journal may be older, and hold them together.
        """
        joined = {other for record in said.values() for other in record.joined_ids}
        for message_id, asked in self.asked.items():
            if message_id not in joined or message_id in said:
                yield said.get(message_id, asked)

    def _text_to(self, record: MessageRecord, row: SubmissionRecord) -> TextTo:
        return text_of(record, row), self.local(row.recipient.number)

    def _texts(self, message_ids: Iterable[str]) -> set[str]:
        """Return what was asked for in these messages, part by part."""
        asked = [self.asked[message_id] for message_id in message_ids]
        return {text_of(record, row) for record in asked for row in record.submissions}

    def _allowed(
        self, kept: Iterable[MessageRecord], said: Mapping[str, MessageRecord]
    ) -> dict[TextTo, Times]:
        least, most = Counter[TextTo](), Counter[TextTo]()
        for record in kept:
            is_said = record.message_id in said
            for submission in record.submissions:
                key = self._text_to(record, submission)
                times = self._times(record.message_id, submission, is_said=is_said)
                least[key] += times.least
                most[key] += times.most
        lost = self._texts(self.forgotten)
        for key in least:
            if key[0] in lost:
                # That a text was sent before may be said of one that the disk has lost.
                least[key] = min(least[key], 1)
        return {key: Times(least=least[key], most=most[key]) for key in most}

    def _times(
        self, message_id: str, submission: SubmissionRecord, *, is_said: bool
    ) -> Times:
        """Return how often a submission was taken, by what is said of it."""
        most = self._most(message_id)
        if not is_said:
            return Times(least=0, most=0 if message_id in self.refused else most)
        key = None if submission.failure is None else submission.failure.key
        # What left unwritten is known to nobody after a power cut.
        none = Times(least=0, most=self.spare[message_id])
        match submission.outcome:
            case Outcome.ACCEPTED if message_id not in self.declared:
                return Times(least=1, most=most)
            case Outcome.REJECTED | Outcome.EXPIRED:
                is_rejected = submission.outcome is Outcome.REJECTED
                assert not (is_rejected and key in OF_THE_ACCOUNT), submission
                return none
            case Outcome.NOT_SENT if key == EarlierPartFailedError.key:
                return none
        return Times(least=0, most=most)

    def _most(self, message_id: str) -> int:
        """Return how often a message may be sent: once, but for what was asked for."""
        is_resent = self.asked[message_id].on_unknown is OnUnknown.RESEND
        return 1 + self.resent[message_id] + is_resent + self.spare[message_id]

    def _age_of(self, message_id: str) -> timedelta:
        age = self.harness.clock.elapsed() - self.begun[message_id]
        return age + self.aged.get(message_id, timedelta())

    def _check_order(
        self, kept: Iterable[MessageRecord], taken: Counter[TextTo]
    ) -> None:
        """See that no part was taken before the one that it follows.

        Unless somebody has said that this one was.
        """
        for record in kept:
            if self.declared & {record.message_id, *record.joined_ids}:
                continue
            for earlier, later in pairwise(record.submissions):
                if later.part > 1:
                    before = taken[self._text_to(record, earlier)]
                    assert before or not taken[self._text_to(record, later)], later

    def _check_joined(self, said: Mapping[str, MessageRecord]) -> None:
        """See that what is sent as one was asked for in the same words."""
        for record in said.values():
            for message_id in record.joined_ids:
                one, other = self.asked[record.message_id], self.asked[message_id]
                assert one.text == other.text
                assert one.options == other.options, message_id
                assert [s.recipient for s in one.submissions] == [
                    s.recipient for s in other.submissions
                ]


def _counted(taken: Iterable[Acceptance]) -> Counter[TextTo]:
    return Counter((one.text, one.recipient) for one in taken)
