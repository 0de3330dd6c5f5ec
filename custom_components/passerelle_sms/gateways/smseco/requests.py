"""SMSECO's requests: `JSON=`, and what stands in it for a text and its recipients."""

from collections.abc import Mapping, Sequence
from datetime import datetime
import json
import re
from typing import Final

from ..model.mail_merge import fields_of
from ..model.message import Sms
from ..model.options import OwnOption, Switch, WholeNumber, Word
from ..wire.times import ABIDJAN, to_minute
from ..wire.transport import Json

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
# Servers read the body as it is, as a form, or URL-decoded. These characters mean
# something in one of the three, so they stay inside JSON's own escapes.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "%&+=#;"})


def write_request(request: Mapping[str, Json]) -> bytes:
    """Return the body of a request (section I-3): `JSON=` and the JSON, in ASCII.

    It says the same however the server reads it.
    """
    text = json.dumps(request, separators=(",", ":")).translate(_ESCAPED)
    return f"JSON={text}".encode("ascii")


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
    # What the text doesn't ask for is nothing the gateway needs to know.
    fields = fields_of(sms.text)
    written: list[Json] = []
    for recipient, number in zip(sms.recipients, numbers, strict=True):
        values = sms.options.personalisation.get(recipient, {})
        datas = {name: value for name, value in values.items() if name in fields}
        written.append(
            {"numero": number, "datas": datas} if datas else {"numero": number}
        )
    return written


def write_time(time: datetime) -> str:
    """Return a time as `datesend` has it: AAAA-MM-JJ HH:MM (section I-2)."""
    local = to_minute(time, ABIDJAN)
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
