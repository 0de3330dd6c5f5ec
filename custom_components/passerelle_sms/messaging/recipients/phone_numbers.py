"""Reads phone numbers as people write them.

The rules of the gateways' own countries and of the French overseas departments are
written out here, as a library's metadata may be older than they are; every other
country is the library's.
"""

from dataclasses import dataclass
import re
from typing import Final

import phonenumbers

from ...gateways.errors import (
    InvalidRecipientError,
    NotANumberError,
    OldIvorianNumberError,
    RejectedError,
)
from ...gateways.wire.redaction import hide_number


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberingPlan:
    """How a country numbers its telephones."""

    code: str
    subscriber: re.Pattern[str]
    """What follows the country's code."""
    trunk: str = ""
    """What is dialled before that at home, and never from abroad."""

    def from_national(self, digits: str) -> str | None:
        """Return the subscriber's digits of a number as it is dialled at home."""
        subscriber = digits.removeprefix(self.trunk)
        if digits.startswith(self.trunk) and self.subscriber.fullmatch(subscriber):
            return subscriber
        return None

    def after_code(self, digits: str) -> str | None:
        """Return the subscriber's digits from what follows the country's code.

        People leave the trunk prefix in: "+33 (0)6 …".
        """
        if self.subscriber.fullmatch(digits):
            return digits
        return self.from_national(digits)


_CAMEROON: Final = NumberingPlan(code="237", subscriber=re.compile(r"[26]\d{8}"))
# The 0 is part of the number; 01, 05 and 07 are mobiles, 2 begins a fixed line.
_IVORY_COAST: Final = NumberingPlan(
    code="225", subscriber=re.compile(r"(?:0[157]|2\d)\d{8}")
)
_BURKINA_FASO: Final = NumberingPlan(code="226", subscriber=re.compile(r"\d{8}"))


def _french(code: str) -> NumberingPlan:
    return NumberingPlan(code=code, subscriber=re.compile(r"[1-9]\d{8}"), trunk="0")


_FRANCE: Final = _french("33")
_INDIAN_OCEAN: Final = _french("262")
_GUADELOUPE: Final = _french("590")

PLANS: Final[dict[str, NumberingPlan]] = {
    "CM": _CAMEROON,
    "CI": _IVORY_COAST,
    "BF": _BURKINA_FASO,
    "FR": _FRANCE,
    "RE": _INDIAN_OCEAN,
    "YT": _INDIAN_OCEAN,
    "GP": _GUADELOUPE,
    "BL": _GUADELOUPE,
    "MF": _GUADELOUPE,
    "GF": _french("594"),
    "MQ": _french("596"),
}
"""By country, ISO 3166-1 alpha-2."""

_BY_CODE: Final = {plan.code: plan for plan in PLANS.values()}

# France and its overseas departments dial each other as one country; from abroad each
# has a code of its own, which the subscriber's first digits tell: those of the mobiles,
# then those of the fixed lines.
_OVERSEAS: Final[dict[str, re.Pattern[str]]] = {
    "262": re.compile(r"639|69[23]|7092[0-3]|7093[5-7]|26[2389]"),
    "590": re.compile(r"69[01]|7090[0-4]|590|5987"),
    "594": re.compile(r"694|7093[0-3]|594|5988"),
    "596": re.compile(r"69[67]|7091[0-3]|596|5989"),
}

# Eight digits, with or without the country's code: none works since 31 January 2021.
_OLD_IVORIAN: Final = re.compile(r"(?:225)?\d{8}")
# The longest number of an emergency service, or a service's short code ("118 218").
_SHORT: Final = 6

# White space, points, parentheses, dashes of every kind, and what can't be seen but
# comes along when a number is copied from a list of contacts.
_SEPARATORS: Final = re.compile(
    r"[\s.()\-\xad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NUMBER: Final = re.compile(r"(\+?)([0-9]+)")
# Fewer digits than this identify nobody.
_HIDDEN_FROM: Final = 6
_LONGEST_SHOWN: Final = 40
_LINK: Final = re.compile(r"tel:", re.IGNORECASE)


def parse_number(text: str, country: str) -> str:
    """Return the E.164 number that `text` means in an account's country.

    It may be written as at home, with `00` or with `+`, with white space, points,
    dashes and parentheses, or as a `tel:` link; the country's own code is understood
    without a `+` too. `country` is ISO 3166-1 alpha-2. A French number gets the code of
    its overseas department, even where it was written with +33.

    Raises:
        NotANumberError: it is no number, or that of an emergency or short-code service.
        OldIvorianNumberError: it is Ivorian and has eight digits.
        InvalidRecipientError: there can be no such number in its country.

    """
    match = _NUMBER.fullmatch(_compact(text))
    if match is None:
        raise NotANumberError(number=_shown(text))
    plus, digits = match.groups()
    if plus or digits.startswith("00"):
        return _read_international(digits if plus else digits.removeprefix("00"))
    return _read_national(digits, country)


def _compact(text: str) -> str:
    compact = _SEPARATORS.sub("", text)
    link = _LINK.match(compact)
    return compact[link.end() :] if link else compact


def _read_international(digits: str) -> str:
    for code, plan in _BY_CODE.items():
        if digits.startswith(code):
            rest = digits.removeprefix(code)
            subscriber = plan.after_code(rest)
            if subscriber is None:
                raise _refusal(rest, plan)
            return _written_with_code(subscriber, plan)
    return _read_by_metadata(digits, f"+{digits}", None)


def _read_national(digits: str, country: str) -> str:
    plan = PLANS.get(country)
    if plan is None:
        return _read_by_metadata(digits, digits, country)
    if subscriber := plan.from_national(digits):
        return f"+{_french_code(subscriber) if plan.trunk else plan.code}{subscriber}"
    if digits.startswith(plan.code):
        subscriber = plan.after_code(digits.removeprefix(plan.code))
        if subscriber is not None:
            return _written_with_code(subscriber, plan)
    raise _refusal(digits, plan)


def _written_with_code(subscriber: str, plan: NumberingPlan) -> str:
    """Return the number; only France's own code is ever written for another."""
    return f"+{_french_code(subscriber) if plan is _FRANCE else plan.code}{subscriber}"


def _french_code(subscriber: str) -> str:
    for code, beginning in _OVERSEAS.items():
        if beginning.match(subscriber):
            return code
    return _FRANCE.code


def _read_by_metadata(digits: str, text: str, country: str | None) -> str:
    """Return the number of a country without a plan here, if it may exist."""
    number = _parse(text, country)
    if number is None or not _is_plausible(number, country):
        raise _refusal(digits)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parse(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _is_plausible(number: phonenumbers.PhoneNumber, country: str | None) -> bool:
    """Return whether there may be such a number; the library may not know all in use."""
    if country is not None and (
        number.country_code != phonenumbers.country_code_for_region(country)
    ):
        # Another country's way to dial abroad: only `00` and `+` are read here.
        return False
    if len(phonenumbers.national_significant_number(number)) <= _SHORT:
        # It looks like a short code, so it must be known as a subscriber's number.
        return phonenumbers.is_valid_number(number)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return (
        phonenumbers.is_possible_number_with_reason(number)
        == phonenumbers.ValidationResult.IS_POSSIBLE
        # Trunk prefixes in a row come off one by one: such a number isn't one.
        and _parse(written, None) == number
    )


def _refusal(digits: str, plan: NumberingPlan | None = None) -> RejectedError:
    shown = hide_number(digits)
    if plan is _IVORY_COAST and _OLD_IVORIAN.fullmatch(digits):
        return OldIvorianNumberError(number=shown)
    if len(digits) <= _SHORT:
        return NotANumberError(number=shown)
    return InvalidRecipientError(number=shown)


def _shown(text: str) -> str:
    """Return what is no number as an error may show it: a name, or hidden digits."""
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= _HIDDEN_FROM:
        return hide_number(digits)
    return text[:_LONGEST_SHOWN]


def country_code(number: str) -> str:
    """Return the code of the country that an E.164 number belongs to, or its beginning.

    No code is the beginning of another. To parse the number would take a message to a
    thousand recipients longer than the event loop should be kept busy.
    """
    digits = number[1:] if number.startswith("+") else ""
    for length in range(1, 4):
        code = digits[:length]
        if code.isdecimal() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code
    return number[:4]
