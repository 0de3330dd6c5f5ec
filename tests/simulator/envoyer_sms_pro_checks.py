"""What Envoyer SMS Pro refuses, in the words of its document ("Messages d'erreur")."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

# What counts one character; line breaks and special characters count two.
_PLAIN: Final = frozenset(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    "abcdefghijklmnopqrstuvwxyz¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ"
)
# The same for a gateway to which an accent is special: the document names no character.
_ASCII: Final = frozenset(filter(str.isascii, _PLAIN))
_REASONS: Final = {
    1: "Authentication failed",
    2: "Missing parameters",
    3: "Bad value of parameters",
    4: "Message too long",
    5: "Not enough SMS",
    7: "Unknown messageid",
    8: "Message is pending",
    9: "Message is being sent",
    10: "Message has been sent",
    11: "Message is already cancelled",
    12: "Message cannot received response",
}
# "Détails sur le STOP SMS".
STOP_MENTION: Final = "\nSTOP SMS au 36111"


class RefusedError(Exception):
    """A refusal, by its `error_id` and what follows its words."""

    def __init__(self, error_id: int | None, details: str = "") -> None:
        """Refuse; without an id it is the limit of requests."""
        reason = "Too many requests" if error_id is None else _REASONS[error_id]
        super().__init__(f"{reason} - {details}" if details else reason)
        self.error_id = error_id


def check_message(values: Mapping[str, str]) -> None:
    """Refuse a message without one of its parts, or with one that breaks a rule."""
    for name in ("recipients", "text", "sendername"):
        if name not in values:
            missing = "are" if name == "recipients" else "is"
            raise RefusedError(2, f"{name.capitalize()} {missing} missing")
    if not values["text"]:
        raise RefusedError(3, "No message found")
    _check_sender(values["sendername"])
    tag = values.get("tag")
    if tag == "":
        raise RefusedError(3, "Tag cannot be empty")
    if tag is not None and len(tag) > 20:
        raise RefusedError(3, "Tag must must be shorter than 21 characters.")
    if tag is not None and not (tag.isascii() and tag.isalnum()):
        raise RefusedError(3)


def read_numbers(values: Mapping[str, str], maximum: int) -> list[str]:
    """Return the recipients, at most as many as the method allows."""
    numbers = [number for number in values["recipients"].split(",") if number]
    if not numbers:
        raise RefusedError(3, "No number found")
    if len(numbers) > maximum:
        raise RefusedError(3, "Too many recipients")
    return list(dict.fromkeys(numbers)) if is_on(values, "dedupe") else numbers


def read_time(values: Mapping[str, str], zone: tzinfo) -> datetime | None:
    """Return when a message is to be sent, if it says so."""
    if "senddate" not in values and "sendtime" not in values:
        return None
    for name in ("senddate", "sendtime"):
        if name not in values:
            raise RefusedError(2, f"{name.capitalize()} is missing")
    day, hour = values["senddate"], values["sendtime"]
    if not day.isdecimal() or len(day) != 8:
        raise RefusedError(3, "Senddate must contains 8 digits")
    try:
        date = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=zone)
    except ValueError:
        raise RefusedError(3, "Unrecognized date") from None
    if not hour.isdecimal() or len(hour) != 4:
        raise RefusedError(3, "Sendtime must contains 4 digits")
    if int(hour[:2]) > 23:
        raise RefusedError(3, "Bad hour value for sendtime")
    if int(hour[2:]) > 59:
        raise RefusedError(3, "Bad minute value for sendtime")
    return date.replace(hour=int(hour[:2]), minute=int(hour[2:]))


def read_text(
    values: Mapping[str, str], *, accents_count_two: bool = False
) -> tuple[str, int]:
    """Return what is read on the phone, and how many SMS it is billed as.

    "Détails sur le long SMS"; what is cut is cut before the STOP mention.
    """

    def count(text: str) -> int:
        plain = _ASCII if accents_count_two else _PLAIN
        return sum(1 if character in plain else 2 for character in text)

    mention = STOP_MENTION if is_on(values, "stopsms") else ""
    text = values["text"]
    characters = count(text + mention)
    if characters <= 160:
        return text + mention, 1
    if characters <= 459 and is_on(values, "longmessageallowed"):
        return text + mention, 2 if characters <= 306 else 3
    if not is_on(values, "messagetruncationallowed"):
        raise RefusedError(4)
    while count(text + mention) > 160:
        text = text[:-1]
    return text + mention, 1


def read_offset(values: Mapping[str, str], total: int) -> int:
    """Return the number of the first reply to tell."""
    offset = values.get("offset", "0")
    if not offset.isdecimal():
        raise RefusedError(3, "Offset should be an integer")
    if int(offset) > total:
        raise RefusedError(3, "Offset cannot be bigger than the number of response")
    return int(offset)


def present(values: Mapping[str, str], *names: str) -> list[str]:
    """Return the values of an account's operation, all of them given."""
    for name in names:
        if name not in values:
            raise RefusedError(3, f"{name.capitalize()} is missing")
    empty = [name for name in names if not values[name]]
    if {"debitaccountid", "creditaccountid"} <= set(empty):
        raise RefusedError(3, "Debitaccountid and creditaccountid cannot be null.")
    if empty:
        raise RefusedError(3, f"{empty[0].capitalize()} cannot be null")
    return [values[name] for name in names]


def is_on(values: Mapping[str, str], name: str) -> bool:
    """Return whether an option is used."""
    return values.get(name) == "1"


def is_malformed(number: str) -> bool:
    """Return whether a number has no country code, or isn't one."""
    return (
        not number.isdecimal() or not 8 <= len(number) <= 15 or number.startswith("0")
    )


def _check_sender(sender: str) -> None:
    if not sender:
        raise RefusedError(3, "No sendername found")
    if len(sender) < 3:
        raise RefusedError(3, "Sendername must be longer than 2 characters")
    if len(sender) > 11:
        raise RefusedError(3, "Sendername must be shorter than 12 characters")
    if not all(c == " " or (c.isascii() and c.isalnum()) for c in sender):
        raise RefusedError(3, "Sendername cannot contain special characters")
    if sender.replace(" ", "").isdecimal():
        raise RefusedError(3, "Sendername cannot be a number")
