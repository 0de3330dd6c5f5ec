"""What can go wrong while a message is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tests.simulator import AccountRefusal, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that goes wrong while messages are handed over."""

    words: str
    fault: Fault | None = None
    """What becomes of every request to send, until it is over."""
    is_reset: bool = False
    """The connection is not closed but reset."""
    has_no_name: bool = False
    """The gateway's name can't be resolved, until it can."""
    has_no_trust: bool = False
    """Nobody vouches for the gateway's certificate, and nobody ever does."""
    refusal: AccountRefusal | None = None
    """What the gateway holds against the account."""
    is_mended: bool = True
    """Whether the account is taken again while the message is worth sending."""
    is_shared: bool = False
    """Others use the account, and the house knows that."""
    is_spent_elsewhere: bool = False
    """Somebody else spends as much as the message costs."""
    is_given_back: bool = False
    """One credit is given back, a minute later."""
    charged_late: float = 0
    """After how many seconds the balance tells of a charge."""
    is_after_another: bool = False
    """Another message was accepted just before, and is charged as late."""

    @property
    def stalls(self) -> bool:
        """Whether the answer never comes."""
        return self.fault in {Fault.STALL_BEFORE, Fault.STALL_AFTER}

    @property
    def outcome(self) -> str:
        """What the contract says of the outcome at once."""
        if self.fault is None or self.fault is Fault.RATE_LIMITED:
            return "queued"
        return "unknown"

    @property
    def is_for_good(self) -> bool:
        """Whether nothing can leave as long as a message lives."""
        return self.has_no_trust or not self.is_mended


FAULTS: Final = (
    Trouble(words="the name is not resolved, for a while", has_no_name=True),
    Trouble(words="TLS fails, for good", has_no_trust=True),
    Trouble(words="stall, message not taken", fault=Fault.STALL_BEFORE),
    Trouble(words="stall, message taken", fault=Fault.STALL_AFTER),
    Trouble(words="connection closed, message not taken", fault=Fault.CUT_BEFORE),
    Trouble(words="connection closed, message taken", fault=Fault.CUT_AFTER),
    Trouble(
        words="connection reset, message not taken",
        fault=Fault.CUT_BEFORE,
        is_reset=True,
    ),
    Trouble(
        words="connection reset, message taken", fault=Fault.CUT_AFTER, is_reset=True
    ),
    Trouble(words="half an answer, message taken", fault=Fault.HALF_ANSWER),
    Trouble(words="HTTP 500, message not taken", fault=Fault.ERROR_500),
    Trouble(words="HTTP 500, message taken", fault=Fault.ERROR_500_AFTER),
    Trouble(words="HTTP 429, message not taken", fault=Fault.RATE_LIMITED),
    Trouble(words="a page of HTML, message not taken", fault=Fault.HTML),
    Trouble(words="an empty answer, message not taken", fault=Fault.EMPTY),
    Trouble(words="a redirect, message not taken", fault=Fault.REDIRECT),
)

_REFUSALS: Final[Mapping[AccountRefusal, str]] = {
    AccountRefusal.NO_CREDIT: "no credit",
    AccountRefusal.WRONG_CREDENTIALS: "wrong credentials",
    AccountRefusal.IP_NOT_ALLOWED: "the house's IP address is not allowed",
    AccountRefusal.INACTIVE: "the account is inactive",
    AccountRefusal.SENDER_NOT_REGISTERED: "its own sender is not registered",
}
REFUSALS: Final = tuple(
    Trouble(words=f"{words}, {until}", refusal=refusal, is_mended=is_mended)
    for refusal, words in _REFUSALS.items()
    for is_mended, until in ((True, "mended within the hour"), (False, "not mended"))
)

_NOT_TAKEN: Final = Trouble(words="message not taken", fault=Fault.CUT_BEFORE)
_TAKEN: Final = Trouble(words="message taken", fault=Fault.CUT_AFTER)
ACCOUNTS: Final = tuple(
    replace(trouble, words=f"{words}, {trouble.words}")
    for words, trouble in (
        ("a shared account", replace(_NOT_TAKEN, is_shared=True)),
        ("a shared account", replace(_TAKEN, is_shared=True)),
        (
            "a shared account, somebody else spends as much",
            replace(_NOT_TAKEN, is_shared=True, is_spent_elsewhere=True),
        ),
        (
            "a shared account, somebody else spends as much",
            replace(_TAKEN, is_shared=True, is_spent_elsewhere=True),
        ),
        ("charged 30 s late", replace(_TAKEN, charged_late=30)),
        ("charged 200 s late", replace(_TAKEN, charged_late=200)),
        (
            "the message before is charged 30 s late",
            replace(_NOT_TAKEN, charged_late=30, is_after_another=True),
        ),
        (
            "the message before is charged 200 s late",
            replace(_NOT_TAKEN, charged_late=200, is_after_another=True),
        ),
        (
            "both this and the message before are charged 200 s late",
            replace(_TAKEN, charged_late=200, is_after_another=True),
        ),
        ("a credit is given back", replace(_NOT_TAKEN, is_given_back=True)),
        (
            "a credit is given back before it is charged",
            replace(_TAKEN, is_given_back=True, charged_late=200),
        ),
        (
            "a shared account, a credit is given back",
            replace(_TAKEN, is_shared=True, is_given_back=True),
        ),
    )
)
