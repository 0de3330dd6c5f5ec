"""Who sends a relay's message next, by whose failure the last one was."""

import inspect

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways import errors
from custom_components.passerelle_sms.gateways.errors.by_key import ERRORS_BY_KEY
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.obstacle import ObstacleKind
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from custom_components.passerelle_sms.messaging.relay.failover import (
    Candidate,
    Doubtful,
    Refused,
    Step,
    Waits,
    choose,
    most_telling,
    refused_by,
    step_after,
    verdict,
)

from .legs import ACCOUNTS, OBSTACLES, candidate, candidates, failed, leg, legs, rounds

NEVER, CAP, LATER, UNLIKELY = ObstacleKind
HOLD, RESEND, NEXT = OnUnknown
SENDERS = st.one_of(st.none(), st.just("MAISON"))

# The table of the issue, by the key of every error that there is.
STEPS = {
    # It provably has not left.
    "cannot_connect": Step.NEXT,
    "no_account_available": Step.NEXT,
    "rate_limited": Step.NEXT,
    "tls_failed": Step.NEXT,
    # It was taken back, or not even tried, at that account.
    "cancelled": Step.NEXT,
    "earlier_part_failed": Step.NEXT,
    "nothing_begins": Step.NEXT,
    # The account's own refusal.
    "account_inactive": Step.NEXT,
    "insufficient_credit": Step.NEXT,
    "invalid_auth": Step.NEXT,
    "ip_not_allowed": Step.NEXT,
    "not_allowed": Step.NEXT,
    # The gateway's, or that of this house.
    "daily_cap": Step.NEXT,
    "hourly_cap": Step.NEXT,
    "invalid_request": Step.NEXT,
    "journal_newer": Step.NEXT,
    "not_stored": Step.NEXT,
    "operation_unknown": Step.NEXT,
    "outbox_full": Step.NEXT,
    "relay_without_accounts": Step.NEXT,
    # The number.
    "ambiguous_number": Step.NEXT,
    "invalid_recipient": Step.NEXT,
    "never_sent_there": Step.NEXT,
    "not_a_number": Step.NEXT,
    "old_ivorian_number": Step.NEXT,
    "overseas_option_missing": Step.NEXT,
    # The text, the sender, an option, or no reason.
    "empty_group": Step.NEXT,
    "empty_message": Step.NEXT,
    "empty_target": Step.NEXT,
    "invalid_message": Step.NEXT,
    "invalid_option": Step.NEXT,
    "invalid_schedule": Step.NEXT,
    "invalid_sender": Step.NEXT,
    "message_too_long": Step.NEXT,
    "missing_field": Step.NEXT,
    "next_needs_relay": Step.NEXT,
    "option_not_supported": Step.NEXT,
    "rejected": Step.NEXT,
    "schedule_in_past": Step.NEXT,
    "sender_not_registered": Step.NEXT,
    "stop_mention_required": Step.NEXT,
    "too_many_targets": Step.NEXT,
    # What no gateway answers to a message.
    "contact_exists": Step.NEXT,
    "group_exists": Step.NEXT,
    "group_not_empty": Step.NEXT,
    "invalid_name": Step.NEXT,
    "nothing_new": Step.NEXT,
    "relayed_message": Step.NEXT,
    "unknown_account": Step.NEXT,
    "unknown_contact": Step.NEXT,
    "unknown_group": Step.NEXT,
    "unknown_message": Step.NEXT,
    # The recipient has opted out.
    "recipient_blocked": Step.REJECTED,
    # It is there already.
    "already_cancelled": Step.REJECTED,
    "duplicate_message": Step.REJECTED,
    "identical_message": Step.REJECTED,
    "message_not_ready": Step.REJECTED,
    "no_replies": Step.REJECTED,
    "not_cancellable": Step.REJECTED,
    # It may have left.
    "gateway_broken": Step.HOLD,
    "no_answer": Step.HOLD,
    "taken_as_message": Step.HOLD,
    "unexpected_response": Step.HOLD,
}


def test_every_error_is_in_the_table() -> None:
    """A new one fails here until somebody has said what follows it."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.GatewayError) and hasattr(kind, "key")
    ]

    assert {kind.key for kind in kinds} == STEPS.keys() == ERRORS_BY_KEY.keys()
    assert {*kinds} == {*ERRORS_BY_KEY.values()}


@pytest.mark.parametrize(("key", "step"), STEPS.items())
@pytest.mark.parametrize("sender", [None, "MAISON"])
def test_what_follows_an_error(key: str, step: Step, sender: str | None) -> None:
    """By its class, found again by its key."""
    ended = failed(ERRORS_BY_KEY[key]())

    assert step_after(ended, sender=sender, on_unknown=HOLD, passed_on=0) is step


@pytest.mark.parametrize(
    ("on_unknown", "passed_on", "step"),
    [
        (HOLD, 0, Step.HOLD),
        (HOLD, 1, Step.HOLD),
        (RESEND, 0, Step.NEXT),
        (RESEND, 1, Step.HOLD),
        (RESEND, 2, Step.HOLD),
        (NEXT, 0, Step.NEXT),
        (NEXT, 3, Step.NEXT),
    ],
)
@pytest.mark.parametrize("is_open", [True, False])
def test_what_may_have_left_is_passed_on_as_the_user_chose(
    on_unknown: OnUnknown, passed_on: int, step: Step, is_open: bool
) -> None:
    """Never without being asked to, and with `resend` only once."""
    doubt = leg(Outcome.UNKNOWN, errors.NoAnswerError(), is_open=is_open)

    after = step_after(doubt, sender=None, on_unknown=on_unknown, passed_on=passed_on)

    assert after is step


@given(legs(), st.sampled_from(OnUnknown), st.integers(0, 3), SENDERS)
def test_only_what_is_accepted_is_done(
    one: Leg, on_unknown: OnUnknown, passed_on: int, sender: str | None
) -> None:
    """And only what was refused is rejected, and only what is in doubt held."""
    step = step_after(one, sender=sender, on_unknown=on_unknown, passed_on=passed_on)

    assert (step is Step.DONE) is (one.outcome is Outcome.ACCEPTED)
    assert step is not Step.REJECTED or one.outcome is Outcome.REJECTED
    assert step is not Step.HOLD or one.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.EXPIRED])
def test_evidence_that_it_has_not_left_outweighs_the_doubt_before_it(
    outcome: Outcome,
) -> None:
    """What stands beside it is still why it was in doubt."""
    ended = leg(outcome, errors.NoAnswerError())

    assert step_after(ended, sender=None, on_unknown=HOLD, passed_on=0) is Step.NEXT


def test_an_error_of_another_version_is_a_mere_refusal() -> None:
    """Nothing has left, whatever it was."""
    ended = leg(Outcome.REJECTED)
    told = Leg(
        **{
            **{name: getattr(ended, name) for name in Leg.__slots__},
            "failure": Failure(key="of_tomorrow", code="7", words="Non"),
        }
    )

    assert step_after(told, sender=None, on_unknown=HOLD, passed_on=0) is Step.NEXT
    assert told.failure is not None
    assert told.failure.as_error().code == "7"


# --- who is chosen ------------------------------------------------------------------------


@given(candidates(), st.sets(st.sampled_from(ACCOUNTS)))
def test_nobody_is_chosen_who_can_not_take_it(
    some: list[Candidate], excluded: set[str]
) -> None:
    """Nor anybody before whom another one can."""
    left = [one for one in some if one.account_id not in excluded]
    free = [one for one in left if one.obstacle is None]
    unlikely = [one for one in left if one.obstacle and one.obstacle.kind is UNLIKELY]

    chosen = choose(some, excluded)

    assert chosen == next(iter([*free, *unlikely]), None)
    if chosen is not None:
        assert chosen.account_id not in excluded
        kind = chosen.obstacle.kind if chosen.obstacle else None
        assert kind not in {NEVER, CAP, LATER}


def test_who_may_lack_credit_is_tried_when_nobody_else_can() -> None:
    """What the balance told last may have changed."""
    some = [candidate("first", UNLIKELY), candidate("second"), candidate("third")]

    assert choose(some, set()) is some[1]
    assert choose(some, {"second"}) is some[2]
    assert choose(some, {"second", "third"}) is some[0]
    assert choose(some, {*ACCOUNTS}) is None


# --- when nobody is left ------------------------------------------------------------------


@given(
    candidates(),
    rounds(),
    st.lists(legs(), max_size=3),
    st.sets(st.sampled_from(ACCOUNTS)),
)
def test_a_verdict_says_what_its_error_does(
    some: list[Candidate], this_round: list[Leg], before: list[Leg], spent: set[str]
) -> None:
    """And what may have left is never refused."""
    known = [*before, *this_round]

    end = verdict(some, this_round, legs=known, spent=spent)

    outcomes = {
        Waits: Outcome.NOT_SENT,
        Refused: Outcome.REJECTED,
        Doubtful: Outcome.UNKNOWN,
    }
    assert end.error.outcome is outcomes[type(end)]
    is_in_doubt = any(one.is_in_doubt for one in known)
    assert not (is_in_doubt and isinstance(end, Refused))
    assert is_in_doubt or not isinstance(end, Doubtful)
    if isinstance(end, Refused):
        later = {
            one.account_id
            for one in some
            if one.obstacle and one.obstacle.kind is LATER
        }
        final = [
            one
            for one in known
            if one.failure
            and one.outcome is Outcome.REJECTED
            and STEPS[one.failure.key] is Step.REJECTED
        ]
        assert final or later <= spent | refused_by(known)


@given(rounds())
def test_without_any_account_it_waits(this_round: list[Leg]) -> None:
    """They may all be on their way back, unless the recipient wants nothing."""
    end = verdict([], this_round, legs=this_round)

    final = [
        one
        for one in this_round
        if one.outcome is Outcome.REJECTED
        and one.failure
        and STEPS[one.failure.key] is Step.REJECTED
    ]
    assert isinstance(end, Waits) is not bool(final)


def test_it_waits_for_who_can_take_it_later() -> None:
    """And says why the first of them can't, in the words of its gateway."""
    reason = errors.RateLimitedError(code="429", words="Trop", number="+237 ••• 07")
    some = [
        candidate("first", NEVER),
        candidate("second", LATER, reason),
        candidate("third", LATER),
    ]

    end = verdict(some, [])

    assert isinstance(end, Waits)
    assert (end.error.code, end.error.words) == ("429", "Trop")
    assert end.error.details == {
        "account": "second",
        "gateway_key": "Second",
        "number": "+237 ••• 07",
        "reason": "rate_limited",
    }


@pytest.mark.parametrize(
    "error",
    [
        errors.CannotConnectError(),
        errors.InsufficientCreditError(),
        errors.NotStoredError(),
        errors.OutboxFullError(),
    ],
)
def test_it_waits_for_who_could_not_take_it_now(error: errors.GatewayError) -> None:
    """Whatever the others have against it."""
    some = [candidate("first"), candidate("second", NEVER)]
    tried = leg(Outcome.NOT_SENT, error)

    for one in (tried, failed(error)):
        end = verdict(some, [one])
        assert isinstance(end, Waits)
        assert end.error.details["reason"] == error.key


def test_what_was_not_sent_in_an_earlier_round_is_no_reason_to_wait() -> None:
    """Who has a reason against it by now is not waited for."""
    some = [candidate("first", NEVER)]
    earlier = failed(errors.CannotConnectError())

    assert isinstance(verdict(some, [], legs=[earlier]), Refused)


def test_who_has_refused_it_for_good_is_not_waited_for() -> None:
    """Also where that one rests by now."""
    refused = failed(errors.InvalidRecipientError())

    end = verdict([candidate("first", LATER)], [], legs=[refused])

    assert isinstance(end, Refused)
    assert isinstance(end.error, errors.InvalidRecipientError)


def test_what_only_puts_it_off_is_no_refusal() -> None:
    """Neither why an account rests, nor what stands beside what has not left."""
    no_reason = failed(errors.RejectedError())
    some = [
        candidate("first", LATER),
        candidate("second", NEVER, errors.RejectedError()),
    ]
    earlier = [leg(Outcome.NOT_SENT, errors.MessageCancelledError(), account="second")]

    end = verdict(some, [no_reason], legs=[*earlier, no_reason])

    assert isinstance(end, Refused)
    assert end.error.key == "rejected"


def test_who_may_have_sent_it_is_not_waited_for() -> None:
    """Nobody else can take it, so the evidence decides, or the user."""
    doubt = failed(errors.UnreadableAnswerError())

    end = verdict([candidate("first", LATER)], [doubt], legs=[doubt], spent={"first"})

    assert isinstance(end, Doubtful)
    assert isinstance(end.error, errors.UnreadableAnswerError)


def test_a_refused_repetition_leaves_the_first_in_doubt() -> None:
    """What it was refused for is no reason for the doubt."""
    doubt = leg(Outcome.UNKNOWN, errors.DuplicateMessageError())

    end = verdict([candidate("first")], [doubt], spent={"first"})

    assert isinstance(end, Doubtful)
    assert isinstance(end.error, errors.NoAnswerError)


def test_who_has_opted_out_is_refused_although_others_are_free() -> None:
    """No other gateway is asked."""
    blocked = failed(errors.RecipientBlockedError(code="101"))
    some = [candidate("first"), candidate("second"), candidate("third", LATER)]

    end = verdict(some, [failed(errors.InvalidRecipientError(), "second"), blocked])

    assert isinstance(end, Refused)
    assert isinstance(end.error, errors.RecipientBlockedError)
    assert end.error.code == "101"


def test_what_is_there_already_is_refused_for_that() -> None:
    """Whatever others have against the number: none of them was asked."""
    some = [candidate("first"), candidate("second", NEVER)]

    end = verdict(some, [failed(errors.DuplicateMessageError(code="91"))])

    assert isinstance(end, Refused)
    assert isinstance(end.error, errors.DuplicateMessageError)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("message_too_long", "invalid_recipient", "hourly_cap"), "invalid_recipient"),
        (("message_too_long", "hourly_cap"), "hourly_cap"),
        (("rejected", "option_not_supported"), "option_not_supported"),
        (("invalid_sender", "message_too_long"), "invalid_sender"),
        (("rejected",), "rejected"),
    ],
)
def test_what_all_refuse_is_refused_for_what_says_most(
    said: tuple[str, ...], told: str
) -> None:
    """The number before a cap, and that before the text; never a reason that is none."""
    refusals = [ERRORS_BY_KEY[key]() for key in said]
    kinds = [CAP if key.endswith("_cap") else NEVER for key in said]
    some = [
        candidate(account, kind, error)
        for account, kind, error in zip(ACCOUNTS, kinds, refusals, strict=False)
    ]
    tried = [
        failed(error, account)
        for account, error in zip(ACCOUNTS, refusals, strict=False)
    ]

    assert most_telling(refusals).key == told
    for end in (verdict(some, []), verdict(some, tried)):
        assert isinstance(end, Refused)
        assert end.error.key == told


def test_a_cap_is_not_waited_for_but_may_have_room_later() -> None:
    """The account is asked again when the message waits for another one."""
    capped = failed(errors.HourlyCapError(cap="100"))

    assert refused_by([capped]) == set()
    end = verdict([candidate("first", CAP)], [capped])
    assert isinstance(end, Refused)
    assert end.error.details == {"cap": "100"}


def test_every_kind_of_obstacle_is_tried_here() -> None:
    """Or the tests above would say less than they seem to."""
    assert OBSTACLES.keys() == {*ObstacleKind}
