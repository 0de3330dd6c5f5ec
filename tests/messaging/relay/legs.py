"""Legs, candidates and obstacles to decide about, and strategies that make any of them."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    DailyCapError,
    GatewayError,
    HourlyCapError,
    InsufficientCreditError,
    InvalidRecipientError,
    IpNotAllowedError,
    MessageTooLongError,
    NotStoredError,
    OptionNotSupportedError,
    RateLimitedError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.errors.by_key import ERRORS_BY_KEY
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.obstacle import (
    Obstacle,
    ObstacleKind,
)
from custom_components.passerelle_sms.messaging.relay.failover import Candidate

ACCOUNTS = ["first", "second", "third", "fourth"]
# What an account makes of a leg.
ENDS: list[Outcome] = [outcome for outcome in Outcome if outcome is not Outcome.QUEUED]
# What may keep an account from taking a message, by what may remove it.
OBSTACLES: dict[ObstacleKind, tuple[type[GatewayError], ...]] = {
    ObstacleKind.NEVER: (
        InvalidRecipientError,
        MessageTooLongError,
        OptionNotSupportedError,
        RejectedError,
    ),
    ObstacleKind.CAP: (HourlyCapError, DailyCapError),
    ObstacleKind.LATER: (
        CannotConnectError,
        IpNotAllowedError,
        NotStoredError,
        RateLimitedError,
    ),
    ObstacleKind.UNLIKELY: (InsufficientCreditError,),
}


def leg(
    outcome: Outcome = Outcome.UNKNOWN,
    error: GatewayError | None = None,
    *,
    account: str = "first",
    is_open: bool = False,
    **told: Any,
) -> Leg:
    """Return a leg as it has ended."""
    return Leg(
        account=account,
        gateway="smseco",
        message_id=f"of-{account}",
        journal="epoch",
        after=timedelta(seconds=1),
        outcome=outcome,
        is_open=is_open,
        failure=None if error is None else Failure.of(error),
        **told,
    )


def failed(error: GatewayError, account: str = "first") -> Leg:
    """Return a leg as an error has left it."""
    return leg(error.outcome, error, account=account)


def candidate(
    account: str, kind: ObstacleKind | None = None, error: GatewayError | None = None
) -> Candidate:
    """Return an account with an obstacle of a kind, or without one."""
    if kind is None:
        return Candidate(account_id=account)
    obstacle = Obstacle(error=error or OBSTACLES[kind][0](), kind=kind)
    return Candidate(account_id=account, obstacle=obstacle, gateway=account.title())


obstacles = st.one_of(
    st.none(),
    st.sampled_from(
        [
            Obstacle(error=error(), kind=kind)
            for kind, errors in OBSTACLES.items()
            for error in errors
        ]
    ),
)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Make the accounts of a relay in any order, each with or without an obstacle."""
    order = draw(st.lists(st.sampled_from(ACCOUNTS), unique=True))
    return [
        Candidate(account_id=account, obstacle=draw(obstacles), gateway=account)
        for account in order
    ]


deliveries = st.one_of(
    st.none(),
    st.builds(
        DeliveryState,
        status=st.sampled_from(DeliveryStatus),
        is_announced=st.booleans(),
    ),
)


@st.composite
def legs(draw: st.DrawFn, account: str | None = None) -> Leg:
    """Make a leg at its end, or in doubt."""
    kind = draw(st.one_of(st.none(), st.sampled_from([*ERRORS_BY_KEY.values()])))
    if kind is None:
        outcome = draw(st.sampled_from(ENDS))
    else:
        outcome = kind.outcome
    return leg(
        outcome,
        None if kind is None else kind(),
        account=account or draw(st.sampled_from(ACCOUNTS)),
        is_open=outcome is Outcome.UNKNOWN and draw(st.booleans()),
        submission_id=draw(st.one_of(st.none(), st.just("id"))),
        segments=draw(st.one_of(st.none(), st.integers(1, 3))),
        cost=draw(st.one_of(st.none(), st.decimals(0, 9, places=2))),
        delivery=draw(deliveries) if outcome is Outcome.ACCEPTED else None,
    )


@st.composite
def rounds(draw: st.DrawFn) -> list[Leg]:
    """Make the legs of one round: no account has two."""
    order = draw(st.lists(st.sampled_from(ACCOUNTS), unique=True))
    return [draw(legs(account)) for account in order]
