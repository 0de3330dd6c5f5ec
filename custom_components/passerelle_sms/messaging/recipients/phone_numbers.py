"""Reads phone numbers as people and programs write them, to E.164."""

from functools import lru_cache
from typing import Final

import phonenumbers

from ...gateways.errors import (
    AmbiguousNumberError,
    InvalidRecipientError,
    NotANumberError,
    OldIvorianNumberError,
)
from ...gateways.wire.redaction import hide_number
from .numbering_plans import (
    FRANCE,
    IVORY_COAST,
    OLD_IVORIAN,
    PLANS,
    PLANS_BY_CODE,
    NumberingPlan,
    french_code,
)
from .written_numbers import WrittenNumber, read_written

# The longest number of an emergency service, or a service's short code ("118 218").
_SHORT: Final = 6
# What is shorter, with its country's code, may as well be a number that lacks a digit.
_SHORTEST_WITHOUT_PLUS: Final = 9

# Fewer digits than this identify nobody.
_HIDDEN_FROM: Final = 6
_LONGEST_SHOWN: Final = 40
_LONGEST_LOOKED_AT: Final = 100

type Refusal = type[InvalidRecipientError]

_MAYBE_MOBILE: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
)
_WITHOUT_SMS: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.VOIP,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)


def parse_number(text: str, country: str) -> str:
    """Return the E.164 number that `text` means in an account's country.

    It may be written as at home, with `00` or with `+`, in any script, with anything
    between the digits that people put there, as a link or with a label. `country` is ISO
    3166-1 alpha-2; its own code is understood without a `+` too. Bare digits, of which
    Home Assistant may have made an integer, may be a foreign number that has lost it. A
    French number gets the code of its overseas department, even where it was written
    with +33.

    Raises:
        NotANumberError: it is no number, or that of an emergency or short-code service.
        OldIvorianNumberError: it is Ivorian and has eight digits.
        AmbiguousNumberError: it may be a number of two countries.
        InvalidRecipientError: there can be no such number in its country.

    """
    written = read_written(text)
    if written is None:
        raise not_a_number(text)
    digits = written.digits
    if written.has_plus or digits.startswith("00"):
        meant = _read_international(digits.removeprefix("00"))
    else:
        meant = _read_national(written, country)
    if isinstance(meant, str):
        return meant
    has_label = any(map(str.isalpha, text))
    raise meant(number=_shown(text) if has_label else hide_number(digits))


def receives_no_sms(number: str) -> bool:
    """Return whether an E.164 number is known to be a fixed line's or a service's."""
    return _type_of(number) in _WITHOUT_SMS


def _read_international(digits: str) -> str | Refusal:
    for code, plan in PLANS_BY_CODE.items():
        if digits.startswith(code):
            rest = digits.removeprefix(code)
            subscriber = plan.after_code(rest)
            if subscriber is None:
                return _refusal(rest, plan)
            return _written_with_code(subscriber, plan)
    return _by_metadata(f"+{digits}", None) or _refusal(digits)


def _read_national(written: WrittenNumber, country: str) -> str | Refusal:
    """Return the number that digits without a plus mean at home, or else abroad."""
    digits = written.digits
    at_home = _at_home(digits, country)
    is_plain = not written.is_bare or _is_surely_meant(at_home, digits, country)
    if not is_plain and _may_be_octal(digits):
        return AmbiguousNumberError
    abroad = None if is_plain else _abroad(digits)
    if abroad is None or abroad == at_home:
        return at_home or _refusal(digits, PLANS.get(country))
    if at_home is not None and receives_no_sms(abroad):
        return at_home
    # As an integer, a number at home may have lost its 0 as well.
    may_be_at_home = at_home or _at_home(f"0{digits}", country)
    if may_be_at_home or len(digits) < _SHORTEST_WITHOUT_PLUS:
        return AmbiguousNumberError
    return abroad


def _at_home(digits: str, country: str) -> str | None:
    """Return a number as it is dialled at home, or with the country's code alone."""
    plan = PLANS.get(country)
    if plan is None:
        return _by_metadata(digits, country)
    if subscriber := plan.from_national(digits):
        return f"+{french_code(subscriber) if plan.trunk else plan.code}{subscriber}"
    if digits.startswith(plan.code):
        subscriber = plan.after_code(digits.removeprefix(plan.code))
        if subscriber is not None:
            return _written_with_code(subscriber, plan)
    return None


def _is_surely_meant(number: str | None, digits: str, country: str) -> bool:
    """Return whether bare digits are a number at home, whatever they are elsewhere.

    It is a mobile's, or they begin with its country's own code: no code is the beginning
    of another.
    """
    if number is None:
        return False
    if f"+{digits}" == number:
        return True
    if (plan := PLANS.get(country)) is not None and plan.mobile.match(
        digits.removeprefix(plan.trunk)
    ):
        return True
    return _type_of(number) in _MAYBE_MOBILE


def _may_be_octal(digits: str) -> bool:
    """Return whether YAML may have made bare digits of a number that begins with 00.

    Without quotes, it reads what begins with a 0 in base eight, where it can.
    """
    octal = "" if digits.startswith("0") else f"{int(digits):o}"
    return any(
        octal.startswith(code) and plan.after_code(octal.removeprefix(code))
        for code, plan in PLANS_BY_CODE.items()
    )


def _abroad(digits: str) -> str | None:
    """Return the number that digits are with a plus, if somebody may well have it."""
    number = _read_international(digits)
    if not isinstance(number, str):
        return None
    parsed = _parse(number, None)
    is_valid = parsed is not None and phonenumbers.is_valid_number(parsed)
    return number if is_valid else None


def _written_with_code(subscriber: str, plan: NumberingPlan) -> str:
    """Return the number; only France's own code is ever written for another."""
    return f"+{french_code(subscriber) if plan is FRANCE else plan.code}{subscriber}"


def _by_metadata(text: str, country: str | None) -> str | None:
    """Return the number of a country without a plan here, if it may exist."""
    number = _parse(text, country)
    if number is None or not _is_plausible(number, country):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _type_of(number: str) -> int:
    parsed = _parse(number, None)
    if parsed is None:
        return phonenumbers.PhoneNumberType.UNKNOWN
    return phonenumbers.number_type(parsed)


@lru_cache(maxsize=2048)
def _parse(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    # One number is asked about several times; to parse is what takes longest.
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


def _refusal(digits: str, plan: NumberingPlan | None = None) -> Refusal:
    if plan is IVORY_COAST and OLD_IVORIAN.fullmatch(digits):
        return OldIvorianNumberError
    return NotANumberError if len(digits) <= _SHORT else InvalidRecipientError


def not_a_number(text: str) -> NotANumberError:
    """Return the error of a text that is no number."""
    return NotANumberError(number=_shown(text))


def _shown(text: str) -> str:
    """Return what is no number as an error may show it: a name, a label, hidden digits."""
    looked_at = text[:_LONGEST_LOOKED_AT]
    digits = "".join(filter(str.isdigit, looked_at))
    if len(digits) < _HIDDEN_FROM:
        return looked_at[:_LONGEST_SHOWN]
    label = looked_at[: looked_at.index(digits[0])].rstrip("+")
    if not any(map(str.isalpha, label)):
        label = ""
    return f"{label[:_LONGEST_SHOWN]}{hide_number(digits)}"


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
