"""How a message is to be sent, beyond what it says and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Final

from ..errors import InvalidOptionError

type OwnValue = bool | int | str
"""What an option that only one gateway knows may be set to."""

LONGEST_TAG: Final = 50
"""The most characters of a tag; a gateway's own rule may be narrower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsOptions:
    """The options of a message. Each is an ability of some gateways, none of all."""

    send_at: datetime | None = None
    """When it is to be sent; at once when `None`."""
    flash: bool = False
    """Whether the phone shows it at once and keeps nothing."""
    voice: bool = False
    """Whether it is read out to a fixed line."""
    test: bool = False
    """Whether it is only said if it would be taken."""
    tag: str | None = field(default=None, repr=False)
    """What it is found by: in the journal, and in the statistics of some gateways."""
    stop_mention: bool = False
    """Whether it tells how to opt out."""
    allow_replies: bool = False
    """Whether the recipients can answer it."""
    personalisation: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, repr=False
    )
    """What stands for each `{field}` of the text, by the recipient's E.164 number."""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The text with its fields of whoever has another than the message's, by number."""
    own: Mapping[str, OwnValue] = field(default_factory=dict, repr=False)
    """What only its gateway knows, by the names of `TakesOwnOptions.own_options`."""

    @property
    def used(self) -> tuple[str, ...]:
        """The names of the options that ask for something, but for `own`."""
        asked = {
            "send_at": self.send_at is not None,
            "flash": self.flash,
            "voice": self.voice,
            "test": self.test,
            "tag": self.tag is not None,
            "stop_mention": self.stop_mention,
            "allow_replies": self.allow_replies,
            "personalisation": bool(self.personalisation),
        }
        return tuple(name for name, is_used in asked.items() if is_used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """An option that is on or off."""

    def check(self, name: str, value: OwnValue) -> None:
        """Raise `InvalidOptionError` for anything but a boolean."""
        if not isinstance(value, bool):
            raise InvalidOptionError(option=name, allowed="true, false")


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeNumber:
    """An option that is a whole number between two bounds."""

    lowest: int
    highest: int

    def check(self, name: str, value: OwnValue) -> None:
        """Raise `InvalidOptionError` for anything else."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not self.lowest <= value <= self.highest
        ):
            raise InvalidOptionError(
                option=name, allowed=f"{self.lowest} – {self.highest}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An option that is a text of a certain form."""

    pattern: re.Pattern[str]
    allowed: str
    """The form in words of no language."""

    def check(self, name: str, value: OwnValue) -> None:
        """Raise `InvalidOptionError` for anything else."""
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise InvalidOptionError(option=name, allowed=self.allowed)


type OwnOption = Switch | WholeNumber | Word
