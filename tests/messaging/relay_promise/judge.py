"""Judges what a relay says by what the gateways of its accounts have taken."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from tests.messaging.relay_harness import RelayHarness
from tests.simulator import SimulatedGateway

from .texts import number_of, read, words_of

_NOT_TAKEN: Final = {Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT}

type TextTo = tuple[int, str]
"""Which text, and the number that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Somebody has asked for a text."""

    number: int
    message: Message


class Judge:
    """Knows what was asked for, and what whoever asked has heard."""

    def __init__(
        self,
        relay: RelayHarness,
        simulated: Sequence[SimulatedGateway],
        numbers: Sequence[str],
    ) -> None:
        """Judge what `relay` says by what `simulated` have taken."""
        self.relay = relay
        self.simulated = simulated
        self.numbers = numbers
        self.asks: list[Ask] = []
        self.refused: list[Ask] = []
        self.answered: dict[str, int] = {}
        """The text of each message whose sender was answered."""
        self.resent: Counter[int] = Counter()
        self.spare: Counter[int] = Counter()
        """How often each may be sent besides, as what was sent could not be written."""
        self.declared: set[str] = set()
        self.dropped: set[str] = set()
        self.taken_back: set[TextTo] = set()
        self.forgotten: set[int] = set()
        """Texts that were only on the relay's disk after its copy, or on none."""
        self.put_back: set[int] = set()
        """Texts of which a copy of the relay's journal may not know all legs."""
        self.passes_on_late = False
        """Whether what does not arrive is passed on."""

    def said(self) -> Mapping[str, MessageRecord]:
        """Return what the relay has last said of each message."""
        return self.relay.observer.latest

    def lose_unstored(self, number: int, *, is_lost: bool) -> None:
        """Note that a text may have left which no disk has."""
        self.spare[number] += 1
        if is_lost:
            self.forgotten.add(number)

    # --- what is promised ---

    def check(self) -> None:
        """See that nothing is sent too often, and that what is said is so."""
        taken = [
            read(
                one.accepted,
                {account.gateway.local_number(n): n for n in self.numbers},
            )
            for one, account in zip(self.simulated, self.relay.accounts, strict=True)
        ]
        everywhere = sum(taken, Counter())
        for (number, word, to), times in everywhere.items():
            told = (number, word, to)
            asks = [ask for ask in self.asks if ask.number == number]
            assert times <= self._most(asks, number), told
            once = len(asks) + self.resent[number] + self.spare[number]
            for position, at_one in enumerate(taken):
                assert at_one[told] <= once, (position, told, at_one[told])
        by_text: defaultdict[TextTo, list[tuple[MessageRecord, SubmissionRecord]]]
        by_text = defaultdict(list)
        for record in self._kept():
            for row in record.submissions:
                by_text[number_of(record.text), row.recipient.number].append(
                    (record, row)
                )
        for text, rows in by_text.items():
            self._check_said(text, rows, everywhere)
        self._check_legs(by_text, taken)

    def _check_said(
        self,
        text: TextTo,
        rows: Sequence[tuple[MessageRecord, SubmissionRecord]],
        taken: Counter[tuple[int, int, str]],
    ) -> None:
        number, to = text
        words = words_of(rows[0][0].text)
        times = [taken[*word, to] for word in words]
        accepted = sum(
            row.outcome is Outcome.ACCEPTED
            and not self.declared & {record.message_id, *record.joined_ids}
            for record, row in rows
        )
        assert min(times) >= accepted, (text, rows)
        known = sum(1 + len(record.joined_ids) for record, _ in rows)
        asked = sum(
            ask.number == number and to in (ask.message.targets or ())
            for ask in self.asks
        )
        if number in self.forgotten or known < asked:
            return
        if all(row.outcome in _NOT_TAKEN for _, row in rows):
            # The beginning of a text may have left, never all of it.
            assert not min(times) or self.spare[number], (text, rows)
            if not any(leg.parts_sent for _, row in rows for leg in row.legs):
                assert not max(times) or self.spare[number], (text, rows)

    def _check_legs(
        self,
        by_text: Mapping[TextTo, Sequence[tuple[MessageRecord, SubmissionRecord]]],
        taken: Sequence[Counter[tuple[int, int, str]]],
    ) -> None:
        """See that the legs explain all that was taken."""
        for position, at_one in enumerate(taken):
            for number, to in {(number, to) for number, _, to in at_one}:
                if number in self.forgotten | self.put_back:
                    continue
                legs = [
                    leg
                    for _, row in by_text[number, to]
                    for leg in row.legs
                    if leg.account == f"account-{position}"
                ]
                may_have_left = {Outcome.ACCEPTED, Outcome.UNKNOWN}
                assert any(
                    leg.outcome in may_have_left or leg.parts_sent for leg in legs
                ), (position, number, to, by_text[number, to])

    async def check_end(self) -> None:
        """See that nothing is left open: its end is known, or a person is asked."""
        for message_id, number in self.answered.items():
            record = await self.relay.store.get(message_id)
            if record is None:
                assert number in self.forgotten, message_id
                continue
            for row in record.submissions:
                self._check_end_of(record, row)
        for record in self.relay.store:
            for row in record.submissions:
                self._check_end_of(record, row)
        for account in self.relay.accounts:
            for record in account.store:
                assert not record.is_open, record

    def _check_end_of(self, record: MessageRecord, row: SubmissionRecord) -> None:
        assert row.stage not in {Stage.OPEN, Stage.PLANNED}, row
        assert row.outcome is not Outcome.QUEUED, row
        if row.outcome is Outcome.UNKNOWN and row.stage is not Stage.HELD:
            ids = {record.message_id, *record.joined_ids}
            assert ids & self.dropped or (
                (number_of(record.text), row.recipient.number) in self.taken_back
            ), row

    # --- the steps of that ---

    def _kept(self) -> Iterator[MessageRecord]:
        """Yield the messages that are sent for themselves."""
        said = self.said()
        for record in said.values():
            if record.leader is None:
                yield record

    def _most(self, asks: Sequence[Ask], number: int) -> int:
        """Return how often a text may be sent in all."""
        accounts = len(self.simulated)
        each = {
            OnUnknown.HOLD: accounts if self.passes_on_late else 1,
            OnUnknown.RESEND: accounts if self.passes_on_late else 2,
            OnUnknown.NEXT: accounts,
        }
        most = sum(each[ask.message.on_unknown] for ask in asks)
        return most + self.resent[number] * accounts + self.spare[number]
