"""SMSECO's messages: what stands in a request for a text and its recipients."""

from collections.abc import Mapping, Sequence
import re
from typing import Final

from ..model.mail_merge import fields_of
from ..model.message import Sms
from ..model.options import OwnOption, Switch, WholeNumber, Word
from ..wire.transport import Json
from .times import write_time

# Section I-1-1 only names them. They are the names of the gateway software Kannel, and
# what they may be is the SMS standard's (3GPP TS 23.040, sections 9.2.3.9, 9.2.3.10,
# 9.2.3.17 and 9.2.3.24).
OWN_OPTIONS: Final[Mapping[str, OwnOption]] = {
    "binary": Switch(),
    "mwi": WholeNumber(lowest=0, highest=7),
    "pid": WholeNumber(lowest=0, highest=255),
    "rpi": WholeNumber(lowest=0, highest=1),
    "alt_dcs": WholeNumber(lowest=0, highest=3),
    # A message holds 140 octets, its header among them.
    "udhdata": Word(
        pattern=re.compile(r"(?:[0-9A-Fa-f]{2}){1,140}"), allowed="(00 – FF) × 1 – 140"
    ),
}


def write_message(sms: Sms, *, is_ucs2: bool) -> dict[str, Json]:
    """Return the message, with the switches as the sample of section II-2 has them.

    What is not asked for is left out: all else is optional (section I-1-1).
    """
    options = sms.options
    message: dict[str, Json] = {
        "expediteur": sms.sender or "",
        "msg": sms.text,
        "flash": int(options.flash),
        "unicode": int(is_ucs2),
        "binaire": int(options.own.get("binary") is True),
    }
    if sms.reference is not None:
        message["msgid"] = sms.reference
    if options.send_at is not None:
        # Section I-3 prints it "date send"; all others as here.
        message["datesend"] = write_time(options.send_at)
    message.update(
        (name, value) for name, value in options.own.items() if name != "binary"
    )
    return message


def write_recipients(sms: Sms, numbers: Sequence[str]) -> list[Json]:
    """Return the recipients (section I-3-1), with what each reads (section II-2-1)."""
    fields = fields_of(sms.text)
    return [
        _recipient(number, sms.options.personalisation.get(recipient, {}), fields)
        for recipient, number in zip(sms.recipients, numbers, strict=True)
    ]


def _recipient(
    number: str, values: Mapping[str, str], fields: frozenset[str]
) -> dict[str, Json]:
    # What the text doesn't ask for is nothing the gateway needs to know.
    datas = {name: value for name, value in values.items() if name in fields}
    return {"numero": number, "datas": datas} if datas else {"numero": number}
