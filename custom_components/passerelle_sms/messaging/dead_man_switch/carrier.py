"""Schedules and cancels at one account what stands there for dead man's switches."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from ...gateways.errors import GatewayError
from ..recipients.address_book import Recipient
from .standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleResult:
    """What became of a message that was handed over to be kept, recipient by recipient."""

    accepted: tuple[Recipient, ...] = field(default=(), repr=False)
    submission_id: str | None = field(default=None, repr=False)
    """Of those accepted; one stands for all."""
    sent_at_once: tuple[Recipient, ...] = field(default=(), repr=False)
    """Whom the gateway has told already: it took the hour for a past one."""
    doubtful: tuple[Recipient, ...] = field(default=(), repr=False)
    """Whose message may stand: the answer was lost."""
    doubtful_id: str | None = field(default=None, repr=False)
    """Of those: the answer has told it all the same, so that it can be cancelled."""
    refused: tuple[Recipient, ...] = field(default=(), repr=False)
    not_sent: tuple[Recipient, ...] = field(default=(), repr=False)
    """Whose message provably never reached the gateway."""
    error: GatewayError | None = None
    """The first of those who were not accepted."""


class Cancelled(Enum):
    """What became of a request to take a message back."""

    GONE = auto()
    """It stands no more."""
    SENT = auto()
    """It is being sent, or was."""
    FAILED = auto()
    """It stands: the request did nothing."""
    UNKNOWN = auto()
    """It may stand: the answer was lost."""
    MISTAKEN = auto()
    """The gateway has taken the request for another message: never to be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """What became of such a request, and why."""

    outcome: Cancelled
    error: GatewayError | None = None


class Carrier(ABC):
    """An account that can keep messages for switches.

    Each request is a movement of the account's ledger, and what stands a charge that is
    possible: nobody knows whether it is charged when it is taken or when it is sent.
    """

    account: str
    """The id of its config entry."""

    @property
    @abstractmethod
    def can_cancel_doubtful(self) -> bool:
        """Whether it can take back also what it gave no id for."""

    @property
    @abstractmethod
    def time_there(self) -> datetime | None:
        """The gateway's time, if it has told it lately."""

    @abstractmethod
    async def learn_time(self) -> GatewayError | None:
        """Let the gateway tell its time, if no answer could yet.

        Return why there is none still. Before that the clock of the house alone is known,
        which may be hours behind after a power cut.
        """

    @property
    @abstractmethod
    def sender(self) -> str | None:
        """Under which name it sends."""

    @abstractmethod
    def lanes(
        self, recipients: Sequence[Recipient], text: str
    ) -> tuple[tuple[Recipient, ...], ...]:
        """Return the recipients as they share a request.

        Those whom it can't reach are alone.
        """

    @abstractmethod
    async def schedule(
        self, message: Standing, *, uses_reserve: bool
    ) -> ScheduleResult:
        """Hand over a message to be kept until its hour, in one request.

        `uses_reserve` says that it may also use the requests kept for alerts. Nothing is
        raised but mistakes of ours.
        """

    @abstractmethod
    async def cancel(self, message: Standing, *, uses_reserve: bool) -> CancelResult:
        """Take a message back, in one request. Nothing is raised but mistakes of ours."""

    @abstractmethod
    def note_standing(self, message: Standing) -> None:
        """Enter a message of an earlier run: it may be charged."""

    @abstractmethod
    def set_aside(self, key: str, requests: int) -> None:
        """Keep so many requests an hour for the switch `key`; none with 0."""


class Carriers(Protocol):
    """The accounts that a switch may use."""

    def available(self) -> Sequence[Carrier]:
        """Return those that are there, in the order in which they are chosen."""

    def get(self, account: str) -> Carrier | None:
        """Return one that is there, also if it is chosen no more."""
