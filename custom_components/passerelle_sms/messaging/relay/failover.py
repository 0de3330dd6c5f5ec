"""Who sends a relay's message next, by whose failure the last one was.

| what became of a leg                                        | what follows              |
|-------------------------------------------------------------|---------------------------|
| accepted                                                    | done                      |
| provably not sent (no connection, TLS, rate limit), out of  | the next account, at once |
| time there, or the account's own refusal                    |                           |
| refused by the account's stop for runaway automations       | the next account, at once |
| the number, the text, the sender or an option refused by    | the next account, else    |
| that gateway's rules                                        | rejected                  |
| the recipient has opted out, or it is there already         | rejected, never another   |
| unknown                                                     | held until the evidence   |
|                                                             | decides; `next`: the next |
|                                                             | account; `resend`: once   |
| nobody is left, and one may take it later                   | waits                     |
| nobody is left, and all have refused it                     | rejected                  |

Everything here is pure.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from ...gateways.errors import (
    DailyCapError,
    DuplicateMessageError,
    GatewayError,
    HourlyCapError,
    IdenticalMessageError,
    MessageNotReadyError,
    NoAccountAvailableError,
    NoAnswerError,
    NoRepliesError,
    NotCancellableError,
    NotSentError,
    NotStoredError,
    OutboxFullError,
    RecipientBlockedError,
    RejectedError,
    RelayWithoutAccountsError,
    Scope,
    UnknownOutcomeError,
)
from ...gateways.outcome import Outcome
from ..model.leg import Leg
from ..model.obstacle import Obstacle, ObstacleKind
from ..model.record import OnUnknown
from ..model.refusals import is_refusal_of_account

# The recipient wants none, or the gateway has the message already: by another gateway it
# would be unwanted, or come twice.
_FINAL: Final = (
    DuplicateMessageError,
    IdenticalMessageError,
    MessageNotReadyError,
    NoRepliesError,
    NotCancellableError,
    RecipientBlockedError,
)
_CAPS: Final = (DailyCapError, HourlyCapError)
# What an account could not take in for reasons that pass.
_PASSING: Final = (NotSentError, NotStoredError, OutboxFullError)
_NOT_SENT: Final = frozenset({Outcome.NOT_SENT, Outcome.EXPIRED})


class Step(Enum):
    """What follows for a recipient once a leg has come to its end, or to a doubt."""

    DONE = auto()
    """Nothing: it is accepted."""
    NEXT = auto()
    """The next account; `verdict` says what follows if there is none."""
    REJECTED = auto()
    """Nothing: it is refused, and no other account may be asked."""
    HOLD = auto()
    """The evidence decides, or the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account of the relay, as far as a message for one recipient is concerned."""

    account_id: str = field(repr=False)
    obstacle: Obstacle | None = None
    gateway: str = field(default="", repr=False)
    """The key of its gateway, for whoever reads why it takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Nobody can take it now, and at least one may be able to later."""

    error: NoAccountAvailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nobody ever takes it."""

    error: RejectedError
    """Why: what says most of all that was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """Nobody else takes it, and it may have left."""

    error: UnknownOutcomeError


type Verdict = Waits | Refused | Doubtful


def choose(
    candidates: Iterable[Candidate], excluded: Container[str]
) -> Candidate | None:
    """Return who is to take a message next, of accounts in the relay's order.

    That is the first without an obstacle, else the first whose credit seems too small.
    Nobody behind the first is asked.
    """
    unlikely: Candidate | None = None
    for candidate in candidates:
        if candidate.account_id in excluded:
            continue
        if candidate.obstacle is None:
            return candidate
        if unlikely is None and _is_unlikely(candidate):
            unlikely = candidate
    return unlikely


def step_after(
    leg: Leg, *, sender: str | None, on_unknown: OnUnknown, passed_on: int
) -> Step:
    """Return what a leg means for its message.

    `sender` is what the message brings, `passed_on` how often it was passed on already
    although it may have left.
    """
    if leg.outcome is Outcome.ACCEPTED:
        return Step.DONE
    if leg.outcome in _NOT_SENT:
        return Step.NEXT
    if leg.outcome is Outcome.REJECTED:
        error = _error_of(leg)
        if is_refusal_of_account(error, sender):
            return Step.NEXT
        return Step.REJECTED if isinstance(error, _FINAL) else Step.NEXT
    is_next = on_unknown is OnUnknown.NEXT or (
        on_unknown is OnUnknown.RESEND and not passed_on
    )
    return Step.NEXT if is_next else Step.HOLD


def refused_by(legs: Iterable[Leg]) -> frozenset[str]:
    """Return the accounts that have refused a message for good: none is asked again."""
    return frozenset(leg.account for leg in legs if _is_refused_for_good(leg))


def verdict(
    candidates: Sequence[Candidate],
    this_round: Sequence[Leg],
    *,
    legs: Sequence[Leg] = (),
    spent: Container[str] = (),
) -> Verdict:
    """Return what becomes of a message for a recipient for whom nobody is left.

    `this_round` are the legs since it last waited, `legs` all of them. `spent` are the
    accounts that may never have it again, as they may have sent it. Where it may have
    left, that it could wait doesn't say that it may.
    """
    known = [*legs, *(leg for leg in this_round if leg not in legs)]
    doubts = [leg for leg in known if leg.is_in_doubt]
    final = [leg for leg in known if _is_final(leg)]
    if not final and (waits := _waits(candidates, this_round, known, spent)):
        return waits
    if doubts:
        return Doubtful(error=_doubt_of(doubts[-1]))
    refusals = [*_refusals(final or known, () if final else candidates)]
    return Refused(error=most_telling(refusals) if refusals else RejectedError())


def most_telling[E: GatewayError](errors: Sequence[E]) -> E:
    """Return which of several refusals says most: never the one without a reason.

    What is wrong with the number is so everywhere; caps are the user's own; a text or an
    option may only be too much for a single gateway.
    """
    return min(errors, key=_rank)


def _waits(
    candidates: Sequence[Candidate],
    this_round: Sequence[Leg],
    known: Sequence[Leg],
    spent: Container[str],
) -> Waits | None:
    """Return that it waits, and the reason of the first who may take it later."""
    if not candidates:
        # They may be there again before its time is over.
        return Waits(error=_unavailable(RelayWithoutAccountsError()))
    tried = {leg.account: leg for leg in this_round}
    refused = refused_by(known)
    for candidate in candidates:
        if candidate.account_id in refused or candidate.account_id in spent:
            continue
        leg, obstacle = tried.get(candidate.account_id), candidate.obstacle
        if leg is not None and _passes(leg):
            error = _error_of(leg)
        elif obstacle is not None and obstacle.kind is ObstacleKind.LATER:
            error = obstacle.error
        elif leg is None and (obstacle is None or _is_unlikely(candidate)):
            error = None if obstacle is None else obstacle.error
        else:
            continue
        return Waits(error=_unavailable(error, candidate))
    return None


def _unavailable(
    reason: GatewayError | None, candidate: Candidate | None = None
) -> NoAccountAvailableError:
    """Return that nobody can take it now, and why the first can't who may later."""
    if reason is None:
        return NoAccountAvailableError()
    told = (
        {"account": candidate.account_id, "gateway_key": candidate.gateway}
        if candidate is not None and candidate.gateway
        else {}
    )
    return NoAccountAvailableError(
        code=reason.code,
        words=reason.words,
        **{**reason.details, **told, "reason": reason.key},
    )


def _doubt_of(leg: Leg) -> UnknownOutcomeError:
    """Return why nobody knows: of a repetition that was refused, the first says it."""
    error = _error_of(leg)
    return error if isinstance(error, UnknownOutcomeError) else NoAnswerError()


def _refusals(
    legs: Iterable[Leg], candidates: Iterable[Candidate]
) -> Iterator[RejectedError]:
    """Yield why it was refused, and why it would be: nothing that only puts it off."""
    said = [_error_of(leg) for leg in legs]
    said += [one.obstacle.error for one in candidates if one.obstacle is not None]
    for error in said:
        if isinstance(error, RejectedError) and error.outcome is Outcome.REJECTED:
            yield error


def _rank(error: GatewayError) -> int:
    if type(error) is RejectedError:
        return 3
    if error.scope is Scope.RECIPIENT:
        return 0
    return 1 if isinstance(error, _CAPS) else 2


def _passes(leg: Leg) -> bool:
    """Return whether its account may take later what it has not taken now."""
    if leg.outcome is not Outcome.REJECTED:
        return leg.outcome in _NOT_SENT
    error = _error_of(leg)
    return isinstance(error, _PASSING) or (
        error is not None and error.scope is Scope.ACCOUNT
    )


def _is_refused_for_good(leg: Leg) -> bool:
    return (
        leg.outcome is Outcome.REJECTED
        and not _passes(leg)
        and not isinstance(_error_of(leg), _CAPS)
    )


def _is_final(leg: Leg) -> bool:
    return leg.outcome is Outcome.REJECTED and isinstance(_error_of(leg), _FINAL)


def _is_unlikely(candidate: Candidate) -> bool:
    obstacle = candidate.obstacle
    return obstacle is not None and obstacle.kind is ObstacleKind.UNLIKELY


def _error_of(leg: Leg) -> GatewayError | None:
    return None if leg.failure is None else leg.failure.as_error()
