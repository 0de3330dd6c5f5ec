"""Who is meant: from a name or a number, as written, to an E.164 number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from ...gateways.errors import (
    EmptyGroupError,
    EmptyTargetError,
    RejectedError,
    TooManyTargetsError,
)
from ...gateways.wire.redaction import hide_number
from ..runtime.turns import Steps, at_once
from .lists import TargetList, listed, most_listed
from .names import LONGEST_NAME, folded, name_key
from .phone_numbers import not_a_number, parse_number


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
class Group:
    """Several recipients under one name."""

    name: str = field(repr=False)
    members: tuple[Recipient, ...] = field(repr=False)
    """In their order; nobody once all of them are removed."""

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers of all of them; raises `EmptyGroupError` if there are none."""
        if not self.members:
            raise self.error
        return frozenset(member.number for member in self.members)

    @property
    def error(self) -> RejectedError:
        """Why nothing can be sent to a group that is empty."""
        return EmptyGroupError(group=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableTarget:
    """A target that nothing can be sent to, and why."""

    target: str = field(repr=False)
    """As it was written."""
    error: RejectedError

    @property
    def public_label(self) -> str:
        """The target, fit for logs and exceptions: a number keeps its last two digits."""
        details = self.error.details
        return details.get("group") or details["number"]


type Target = str | Recipient | Group
"""What was written for a name, a number or several, or who was looked up already."""
type Meant = Recipient | Group | UnusableTarget
"""What a target means."""

MOST_TARGETS: Final = 1000
"""How many targets one message may name."""


class AddressBook:
    """The recipients of an account, and the country whose national numbers it takes."""

    def __init__(
        self,
        recipients: Iterable[Recipient],
        country: str,
        groups: Iterable[Group] = (),
    ) -> None:
        """Know `recipients` and `groups` of them; `country` is ISO 3166-1.

        Where two have one name, it means the first, and no group if it is a recipient's.
        """
        self._country = country
        self._known = tuple(recipients)
        self._by_name: dict[str, Recipient | Group] = {}
        self._by_key: dict[str, Recipient | Group] = {}
        self._by_number: dict[str, Recipient] = {}
        for recipient in self._known:
            self._by_number.setdefault(recipient.number, recipient)
        named: list[Recipient | Group] = [*self._known, *groups]
        for known in named:
            if known.name:
                self._by_name.setdefault(folded(known.name), known)
                self._by_key.setdefault(name_key(known.name), known)

    def resolve(
        self, targets: tuple[Target, ...] | None, *, names_numbers: bool = True
    ) -> tuple[Recipient | UnusableTarget, ...]:
        """Return whom the targets mean, in their order and each number once.

        `None` means everybody known, a group all its members. A target may name several
        at once. Where numbers are not to be named, one that is written as a number stays
        one, also beside the name that it goes by: nothing tells whose it is.

        Raises:
            EmptyTargetError: that is nobody.
            TooManyTargetsError: they are more than one message may name.

        """
        return at_once(self.resolving(targets, names_numbers=names_numbers))

    def resolving(
        self, targets: tuple[Target, ...] | None, *, names_numbers: bool = True
    ) -> Steps[tuple[Recipient | UnusableTarget, ...]]:
        """Do what `resolve` does, target by target."""
        written = [target for target in targets or () if isinstance(target, str)]
        if sum(map(most_listed, written)) > MOST_TARGETS:
            raise TooManyTargetsError(maximum=str(MOST_TARGETS))
        meant: dict[object, Meant] = {}
        for target in self._known if targets is None else targets:
            for one in (yield from self._resolving(target, names_numbers)):
                meant.setdefault(_identity(one, names_numbers), one)
        if not meant:
            raise EmptyTargetError
        found: dict[object, Recipient | UnusableTarget] = {}
        for one in meant.values():
            for member in _members(one):
                found.setdefault(_identity(member, names_numbers), member)
            yield
        return tuple(found.values())

    def resolve_one(self, written: str, *, names_numbers: bool = True) -> Meant:
        """Return whom one name or number means.

        A name as it is written comes first, then a number, and then a name that is
        written otherwise: so no number is taken for a name that resembles it.
        """
        if (known := self._exactly_named(written)) is not None:
            return known
        meant = self._numbered(written, names_numbers)
        if isinstance(meant, UnusableTarget):
            return self._similarly_named(written) or meant
        return meant

    def is_group(self, written: str) -> bool:
        """Return whether a name is that of a group."""
        known = self._exactly_named(written) or self._similarly_named(written)
        return isinstance(known, Group)

    def named(self, name: str) -> Recipient | Group | None:
        """Return the recipient or group that goes by a name; a number is no name."""
        if (known := self._exactly_named(name)) is not None:
            return known
        if isinstance(self._numbered(name, names_numbers=False), Recipient):
            return None
        return self._similarly_named(name)

    def sender(
        self, number: str, sent_to: Iterable[Recipient]
    ) -> Recipient | UnusableTarget:
        """Return whose number has answered; nameless where it went to a mere number.

        A guest may have sent it there: its answer must not tell him whose number it is.
        """
        sender = self.by_number(number)
        nameless = replace(sender, name=None) if isinstance(sender, Recipient) else None
        return nameless if nameless is not None and nameless in sent_to else sender

    def by_number(self, number: str) -> Recipient | UnusableTarget:
        """Return who has a number that a gateway tells.

        A name means nobody, nor does a number beside one: anybody can send under it.
        """
        if any(map(str.isalpha, number)):
            return UnusableTarget(target=number, error=not_a_number(number))
        return self._numbered(number, names_numbers=True)

    def _resolving(self, target: Target, names_numbers: bool) -> Steps[list[Meant]]:
        """Return whom a target means: one, or all whom a list in it names."""
        yield
        if not isinstance(target, str):
            return [target]
        target = target.strip()
        several = listed(target)
        if several is None:
            return [self.resolve_one(target, names_numbers=names_numbers)]
        whole = self._whole(target, several, names_numbers)
        if not isinstance(whole, UnusableTarget):
            return [whole]
        found = []
        for part in several.parts:
            found.append((yield from self._resolving(part, names_numbers)))  # noqa: PERF401 - nothing else may yield inside
        all_found = [*chain.from_iterable(found)]
        if several.may_be_one and any(map(_is_fragment, all_found)):
            return self._one_or_none(whole, several.parts, found, names_numbers)
        is_any = any(not isinstance(one, UnusableTarget) for one in all_found)
        return all_found if is_any else [whole]

    def _whole(self, target: str, several: TargetList, names_numbers: bool) -> Meant:
        """Return what a list means if it is none: a name or a number with a separator."""
        if (known := self._exactly_named(target)) is not None:
            return known
        known = self._similarly_named(target)
        if known is not None and known.name is not None:
            # What stands after a separator may leave nothing to compare.
            own = listed(known.name)
            if own is not None and len(own.parts) == len(several.parts):
                return known
        if several.is_by_line:
            # A line of its own is no label of the next one.
            return UnusableTarget(target=target, error=not_a_number(target))
        return self._numbered(target, names_numbers)

    def _one_or_none(
        self,
        whole: UnusableTarget,
        parts: Sequence[str],
        found: Iterable[list[Meant]],
        names_numbers: bool,
    ) -> list[Meant]:
        """Return what digits mean between which there are commas, as some are no number.

        They are one number, or none: what is left of a number that was torn apart may
        be somebody else's.
        """
        if not any(map(_has_letters, parts)):
            one = self._numbered(" ".join(parts), names_numbers)
            return [one if isinstance(one, Recipient) else whole]
        pairs = zip(parts, found, strict=True)
        named = (ones for part, ones in pairs if _has_letters(part))
        return [*chain.from_iterable(named), whole]

    def _exactly_named(self, name: str) -> Recipient | Group | None:
        if len(name) > LONGEST_NAME:
            return None
        return self._by_name.get(folded(name))

    def _similarly_named(self, name: str) -> Recipient | Group | None:
        if len(name) > LONGEST_NAME or not self._by_key:
            return None
        return self._by_key.get(name_key(name))

    def _numbered(
        self, written: str, names_numbers: bool
    ) -> Recipient | UnusableTarget:
        try:
            number = parse_number(written, self._country)
        except RejectedError as error:
            return UnusableTarget(target=written, error=error)
        known = self._by_number.get(number) if names_numbers else None
        return known or Recipient(number=number)


def _identity(one: Meant, names_numbers: bool) -> object:
    """Return what two targets have in common that are one."""
    if isinstance(one, Group):
        return Group, one.name
    if isinstance(one, UnusableTarget):
        return one.target
    return one.number if names_numbers else one


def _members(one: Meant) -> Sequence[Recipient | UnusableTarget]:
    """Return whom something means that may be a group, of which nobody may be left."""
    if not isinstance(one, Group):
        return [one]
    return one.members or [UnusableTarget(target=one.name, error=one.error)]


def _is_fragment(one: Meant) -> bool:
    """Return whether a target is digits that are no number."""
    return (
        isinstance(one, UnusableTarget)
        and any(map(str.isdigit, one.target))
        and not _has_letters(one.target)
    )


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
