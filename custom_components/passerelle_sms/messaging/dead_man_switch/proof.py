"""Proves that a gateway keeps messages for a switch, and gives them back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...gateways.errors import (
    EmptyTargetError,
    NotCancellableError,
    RelayWithoutAccountsError,
    Scope,
    UnknownOutcomeError,
)
from ..model.failure import Failure
from .carrier import Cancelled, Carrier
from .renewal import Lane
from .renewer import Renewer
from .standing import Standing


class NotTakenBackError(UnknownOutcomeError):
    """A message that a gateway kept for a proof may stand yet, or was sent."""

    key = "not_cancelled"

    def __init__(self, standing: Iterable[Standing]) -> None:
        """Keep what may be sent, though the house lives."""
        super().__init__()
        self.standing = tuple(standing)


async def prove(renewer: Renewer) -> None:
    """Let a gateway keep a message, take it back, and say so when asked again.

    Raises:
        GatewayError: it doesn't do one of them.

    """
    carriers = renewer.chosen()
    if not carriers:
        raise RelayWithoutAccountsError
    carrier, lanes = carriers[0], renewer.lanes(carriers[0])
    if not lanes:
        raise EmptyTargetError
    message = await _let_one_stand(renewer, carrier, lanes)
    told = await renewer.cancel(message, uses_reserve=True)
    if told.outcome is not Cancelled.GONE:
        raise told.error or NotCancellableError()
    await _prove_gone(renewer, carrier, message)


async def _let_one_stand(
    renewer: Renewer, carrier: Carrier, lanes: Sequence[Lane]
) -> Standing:
    """Return what a gateway keeps for the first lane that it takes; raise its refusal.

    A number that it can't send to says nothing of the others.
    """
    for lane in lanes:
        result = await renewer.schedule(carrier, lane, uses_reserve=False)
        if result.accepted:
            return next(one for one in reversed(renewer.state.standing) if one.is_sure)
        error = result.error or NotCancellableError()
        if error.scope is not Scope.RECIPIENT:
            break
    await renewer.advance()
    raise error


async def _prove_gone(renewer: Renewer, carrier: Carrier, message: Standing) -> None:
    """Ask for the same once more: a gateway that has done it says that it did."""
    again = replace(message, was_cancelled=True)
    told = await carrier.cancel(again, uses_reserve=True)
    if told.outcome is Cancelled.GONE and told.error is not None:
        return
    error = told.error or NotCancellableError()
    if told.outcome in {Cancelled.GONE, Cancelled.MISTAKEN}:
        # It takes nothing back, whatever it says.
        stays = replace(again, must_stay=True, failure=Failure.of(error))
        carrier.note_standing(stays)
        await renewer.keep(renewer.state.with_message(stays))
    raise error
