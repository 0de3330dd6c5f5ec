"""What the sentences of errors say about a gateway, whether an account of it is here or not."""

from dataclasses import dataclass, field
from typing import Protocol, Self

from ..gateways.gateway import Gateway
from ..gateways.model.limits import Limits, SenderRule


class GatewayFacts(Protocol):
    """What is said of a gateway; a `Gateway` says all of it."""

    @property
    def key(self) -> str:
        """Its name in the catalogue."""

    @property
    def name(self) -> str:
        """Its name as its users know it."""

    @property
    def site(self) -> str:
        """Where its users log in and top up."""

    @property
    def sender_rule(self) -> SenderRule:
        """What it takes as a sender."""

    @property
    def limits(self) -> Limits:
        """How much it takes."""

    @property
    def sender(self) -> str | None:
        """The account's own sender, where it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGateway:
    """A gateway of which no account is here any more."""

    key: str = field(repr=False)
    name: str = field(repr=False)
    site: str = field(repr=False)
    sender_rule: SenderRule
    limits: Limits
    sender: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, gateway: type[Gateway]) -> Self:
        """Return what is known of a gateway without an account."""
        return cls(
            key=gateway.key,
            name=gateway.name,
            site=gateway.site,
            sender_rule=gateway.sender_rule,
            limits=gateway.limits,
        )
