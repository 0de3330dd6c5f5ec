"""Who is meant: from a name or a number, as written, to an E.164 number."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...gateways.errors import EmptyTargetError, RejectedError
from ...gateways.wire.redaction import hide_number
from .phone_numbers import parse_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody to send to: a number, and the name it goes by where it has one."""

    number: str = field(repr=False)
    """E.164."""
    name: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What the user calls this recipient: a name, or the number itself."""
        return self.name or self.number

    @property
    def public_label(self) -> str:
        """The same, fit for logs and exceptions: a number keeps its last two digits."""
        return self.name or hide_number(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableTarget:
    """A target that nothing can be sent to, and why."""

    target: str = field(repr=False)
    """As it was written."""
    error: RejectedError

    @property
    def public_label(self) -> str:
        """The target, fit for logs and exceptions: a number keeps its last two digits."""
        return self.error.details["number"]


type Target = str | Recipient
"""A name or a number as written, or somebody who was looked up already."""


class AddressBook:
    """The recipients of an account, and the country whose national numbers it takes."""

    def __init__(self, recipients: Iterable[Recipient], country: str) -> None:
        """Know `recipients`; `country` is ISO 3166-1.

        Where two have one name, it means the first.
        """
        self._country = country
        self._known = tuple(recipients)
        self._by_name: dict[str, Recipient] = {}
        for known in self._known:
            self._by_name.setdefault(_folded(known.name or ""), known)

    def resolve(
        self, targets: tuple[Target, ...] | None, *, names_numbers: bool = True
    ) -> tuple[Recipient | UnusableTarget, ...]:
        """Return whom the targets mean, in their order and each number once.

        `None` means everybody known. Where numbers are not to be named, one that is
        written as a number stays one, also beside the name that it goes by: nothing
        tells whose it is.

        Raises:
            EmptyTargetError: that is nobody.

        """
        found = (
            self._known
            if targets is None
            else tuple(self._resolve_one(target, names_numbers) for target in targets)
        )
        if not found:
            raise EmptyTargetError
        by_identity: dict[object, Recipient | UnusableTarget] = {}
        for one in found:
            by_identity.setdefault(_identity(one, names_numbers), one)
        return tuple(by_identity.values())

    def named(self, name: str) -> Recipient | None:
        """Return the recipient who goes by a name; a number is no name."""
        return self._by_name.get(_folded(name))

    def by_number(
        self, target: str, *, names_numbers: bool = True
    ) -> Recipient | UnusableTarget:
        """Return whom a number means. A name means nobody: anybody can send under one."""
        try:
            number = parse_number(target, self._country)
        except RejectedError as error:
            return UnusableTarget(target=target, error=error)
        for known in self._known:
            if names_numbers and known.number == number:
                return known
        return Recipient(number=number)

    def _resolve_one(
        self, target: Target, names_numbers: bool
    ) -> Recipient | UnusableTarget:
        if isinstance(target, Recipient):
            return target
        target = target.strip()
        return self.named(target) or self.by_number(target, names_numbers=names_numbers)


def _identity(one: Recipient | UnusableTarget, names_numbers: bool) -> object:
    """Return what two targets have in common that are one."""
    if isinstance(one, UnusableTarget):
        return one.target
    return one.number if names_numbers else one


def _folded(name: str) -> str:
    """Return a name as it is compared: nobody remembers the capitals."""
    return " ".join(name.casefold().split())
