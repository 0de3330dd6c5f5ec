"""Defects, to be planted one at a time: each breaks a promise that the judge has to hear of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.abilities.options import (
    RefusesDuplicates,
)
from custom_components.passerelle_sms.gateways.errors import DuplicateMessageError
from custom_components.passerelle_sms.gateways.model.message import Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model import (
    joining as join_rules,
    sequence,
    transitions,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.outbox import (
    account_rest,
    dispatcher,
    joining,
    probe_pauses,
    queue,
    request_runner,
)
from custom_components.passerelle_sms.messaging.reconciliation import (
    balance_evidence,
    books,
    ledger,
    reconciler,
)

from .features import Feature

type Plant = Callable[[pytest.MonkeyPatch], None]

MINUTE: Final = timedelta(minutes=1)
DOUBTS: Final = frozenset({"lose_answers", "pass_time", "settle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A mistake that somebody could make, and where it shows."""

    name: str
    plant: Plant
    gateway: str
    features: frozenset[Feature]
    rules: frozenset[str]
    """The rules that it is looked for with."""
    examples: int = 100
    """In so many it has to be found."""


# --- evidence ---


def trust_a_fall(patch: pytest.MonkeyPatch) -> None:
    """Take a fall for proof although others use the account."""

    def assess(evidence: balance_evidence.Evidence) -> object:
        seen = replace(evidence.seen, is_alone=True)
        return balance_evidence.assess(replace(evidence, seen=seen))

    patch.setattr(reconciler, "assess", assess)


def forget_a_charge(patch: pytest.MonkeyPatch) -> None:
    """Leave what was accepted out of the books."""
    whole = ledger.Ledger._charges  # noqa: SLF001 # what is left out is within

    def charges(self: ledger.Ledger, age: timedelta) -> Iterator[books.Charge]:
        return (charge for charge in whole(self, age) if not charge.certain)

    patch.setattr(ledger.Ledger, "_charges", charges)


def believe_at_three_minutes(patch: pytest.MonkeyPatch) -> None:
    """Take an unchanged balance for proof before all has been charged."""
    patch.setattr(ledger, "LATEST_CHARGE", 3 * MINUTE)


def count_attempts_twice(patch: pytest.MonkeyPatch) -> None:
    """Go on counting what provably never left."""

    def requeue(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
        put_back = transitions.requeue(keys, record)
        return put_back.updated(
            replace(put_back.find(key), attempts=record.find(key).attempts)
            for key in keys
        )

    patch.setitem(reconciler._SETTLE, balance_evidence.Verdict.NOT_SENT, requeue)  # noqa: SLF001 # what settles by a proof


def ignore_a_rise(patch: pytest.MonkeyPatch) -> None:
    """Overlook that credits came in."""
    patch.setattr(books.Books, "has_risen_to", lambda *_told: False)


def mute_never(patch: pytest.MonkeyPatch) -> None:
    """Go on believing a balance that fell for no known reason."""
    patch.setattr(books.Books, "is_muted", lambda *_now: False)


def forget_the_period_at_a_stop(patch: pytest.MonkeyPatch) -> None:
    """Begin a period with each run, whatever is outstanding.

    After a crash that does no harm: then nothing is believed of what may be outstanding.
    """
    load = ledger.Ledger.load

    async def load_anew(self: ledger.Ledger) -> None:
        await load(self)
        known = self._books  # what is forgotten is within
        self._books = books.Books(
            period=known.period + 1,
            credits=known.latest,
            latest=known.latest,
            prices=known.prices,
        )
        self._entries.clear()

    patch.setattr(ledger.Ledger, "load", load_anew)


def take_each_duplicate_for_proof(patch: pytest.MonkeyPatch) -> None:
    """Believe that a text refused as sent before was this very message."""

    async def proves(
        _gateway: object,
        _journal: object,
        _record: object,
        results: Iterable[Submission],
        **_: object,
    ) -> bool:
        return any(isinstance(one.error, DuplicateMessageError) for one in results)

    patch.setattr(request_runner, "proves_earlier_send", proves)


# --- doubts ---


def repeat_twice(patch: pytest.MonkeyPatch) -> None:
    """Repeat what is in doubt once more than is allowed."""
    allowed = request_runner.RequestRunner.may_send

    def may_send(
        self: request_runner.RequestRunner,
        record: MessageRecord,
        submission: SubmissionRecord,
    ) -> bool:
        is_second = submission.attempts == 2
        counted = replace(submission, attempts=1) if is_second else submission
        return allowed(self, record, counted)

    patch.setattr(request_runner.RequestRunner, "may_send", may_send)


def repeat_everywhere(patch: pytest.MonkeyPatch) -> None:
    """Repeat what is in doubt where nobody refuses duplicates."""
    assert request_runner.RefusesDuplicates is RefusesDuplicates  # type: ignore[attr-defined] # the name that is replaced
    patch.setattr(request_runner, "RefusesDuplicates", object)


def resend_twice(patch: pytest.MonkeyPatch) -> None:
    """Send again what was sent again."""

    def may_resend(
        _self: object, record: MessageRecord, _submission: SubmissionRecord
    ) -> bool:
        return record.on_unknown == "resend"

    patch.setattr(reconciler.Reconciler, "_may_resend", may_resend)


def resend_late(patch: pytest.MonkeyPatch) -> None:
    """Wait for evidence for as long as for a person."""
    patch.setattr(reconciler, "RESEND_AFTER", 5 * MINUTE)
    patch.setattr(reconciler, "FIRST_LOOK", 5 * MINUTE)


def ask_after_an_hour(patch: pytest.MonkeyPatch) -> None:
    """Let the user wait for the question."""
    patch.setattr(reconciler, "ASK_AFTER", 60 * MINUTE)


def expire_a_doubt(patch: pytest.MonkeyPatch) -> None:
    """Call old news what nobody knows to be unsent."""

    def expire(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
        return record.updated(
            replace(record.find(key), outcome=Outcome.EXPIRED, stage=Stage.CLOSED)
            for key in keys
        )

    patch.setattr(reconciler, "hold_for_user", expire)


# --- the account, and the order ---


def reject_for_want_of_credit(patch: pytest.MonkeyPatch) -> None:
    """Take a refusal of the account for one of the message."""
    patch.setattr(transitions, "is_refusal_of_account", lambda *_told: False)


def no_rest(patch: pytest.MonkeyPatch) -> None:
    """Try an account that is refused every few seconds."""
    patch.setattr(probe_pauses, "FIRST_PAUSE", timedelta(seconds=3))
    patch.setattr(probe_pauses, "LONGEST_PAUSE", timedelta(seconds=3))
    patch.setattr(account_rest, "FIRST_PAUSE", timedelta(seconds=3))


def ordinary_first(patch: pytest.MonkeyPatch) -> None:
    """Send in the order of arrival."""
    patch.setattr(
        queue.RequestQueue, "_ready_like", lambda self, _: self._ordinary
    )  # the list for all


def send_the_rest_anyway(patch: pytest.MonkeyPatch) -> None:
    """Send each part whatever became of the one before it."""
    for module in (sequence, dispatcher, request_runner):
        patch.setattr(module, "is_blocked", lambda *_told: False)


def join_a_scheduled_one(patch: pytest.MonkeyPatch) -> None:
    """Let a message for now go with one for later."""

    def may_join(record: MessageRecord) -> bool:
        return join_rules.is_wholly_unsent(record)

    def is_same(waiting: MessageRecord, new: MessageRecord) -> bool:
        return waiting.text == new.text

    for module in (join_rules, joining):
        patch.setattr(module, "may_join", may_join)
        patch.setattr(module, "is_same", is_same)


DEFECTS: Final = (
    Defect(
        name="trust a fall",
        plant=trust_a_fall,
        gateway="devcodesms",
        features=frozenset({Feature.OTHERS}),
        rules=frozenset({"lose_again", "spend_elsewhere", "settle"}),
        examples=400,
    ),
    Defect(
        name="forget a charge",
        plant=forget_a_charge,
        gateway="devcodesms",
        features=frozenset({Feature.LATE}),
        rules=frozenset({"lose_again", "pass_time"}),
    ),
    Defect(
        name="believe at three minutes",
        plant=believe_at_three_minutes,
        gateway="devcodesms",
        features=frozenset({Feature.LATE}),
        rules=frozenset({"lose_again", "pass_time"}),
    ),
    Defect(
        name="count attempts twice",
        plant=count_attempts_twice,
        gateway="devcodesms",
        features=frozenset(),
        rules=frozenset({"doubt_in_peace"}),
    ),
    Defect(
        name="ignore a rise",
        plant=ignore_a_rise,
        gateway="devcodesms",
        features=frozenset({Feature.LATE, Feature.REFUND}),
        rules=frozenset({"lose_again", "refund", "pass_time"}),
        examples=200,
    ),
    Defect(
        name="mute never",
        plant=mute_never,
        gateway="smseco",
        features=frozenset({Feature.NOTICED}),
        rules=frozenset({"be_noticed", "send"}),
    ),
    Defect(
        name="forget the period at a stop",
        plant=forget_the_period_at_a_stop,
        gateway="devcodesms",
        features=frozenset({Feature.LATE}),
        rules=frozenset({"lose_again", "restart", "settle"}),
        examples=200,
    ),
    Defect(
        name="take each duplicate for proof",
        plant=take_each_duplicate_for_proof,
        gateway="sms123",
        features=frozenset({Feature.OTHERS}),
        rules=frozenset({"lose_again", "send_elsewhere", "pass_time"}),
    ),
    Defect(
        name="repeat twice",
        plant=repeat_twice,
        gateway="sms123",
        features=frozenset(),
        rules=frozenset({"lose_again", "pass_time"}),
    ),
    Defect(
        name="repeat everywhere",
        plant=repeat_everywhere,
        gateway="smseco",
        features=frozenset({Feature.DOUBTS}),
        rules=DOUBTS,
    ),
    Defect(
        name="resend twice",
        plant=resend_twice,
        gateway="smseco",
        features=frozenset(),
        rules=frozenset({"lose_again", "pass_time"}),
    ),
    Defect(
        name="resend late",
        plant=resend_late,
        gateway="envoyer_sms_pro",
        features=frozenset({Feature.DOUBTS}),
        rules=DOUBTS,
    ),
    Defect(
        name="ask after an hour",
        plant=ask_after_an_hour,
        gateway="envoyer_sms_pro",
        features=frozenset({Feature.DOUBTS}),
        rules=DOUBTS | {"fail"},
    ),
    Defect(
        name="expire a doubt",
        plant=expire_a_doubt,
        gateway="smseco",
        features=frozenset({Feature.DOUBTS}),
        rules=DOUBTS,
    ),
    Defect(
        name="reject for want of credit",
        plant=reject_for_want_of_credit,
        gateway="etech_keys",
        features=frozenset({Feature.TOP_UP}),
        rules=frozenset({"send", "top_up"}),
    ),
    Defect(
        name="no rest",
        plant=no_rest,
        gateway="sms123",
        features=frozenset({Feature.MENDED}),
        rules=frozenset({"send", "refuse", "pass_time"}),
    ),
    Defect(
        name="ordinary first",
        plant=ordinary_first,
        gateway="devcodesms",
        features=frozenset({Feature.URGENT}),
        rules=frozenset({"hurry"}),
    ),
    Defect(
        name="send the rest anyway",
        plant=send_the_rest_anyway,
        gateway="devcodesms",
        features=frozenset(),
        rules=frozenset({"lose_parts", "pass_time"}),
    ),
    Defect(
        name="join a scheduled one",
        plant=join_a_scheduled_one,
        gateway="envoyer_sms_pro",
        features=frozenset({Feature.JOIN}),
        rules=frozenset({"send", "repeat", "cut"}),
    ),
)
