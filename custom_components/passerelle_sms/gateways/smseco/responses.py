"""SMSECO's JSON: how its requests are written and its answers read.

Its document prints the same field in several spellings ("Paramètre de configuration de
l'API SMSECO V 2.0", sections I-1, I-3, III-3 and IV-2), so names are looked up in lower
case and under all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
import json
from typing import Final

from ..errors import GatewayError, InvalidRecipientError
from ..model.delivery import find_number
from ..model.message import Sms, Submission
from ..outcome import Outcome
from ..wire.decoding import digits_of, parse_object, to_decimal, to_int, to_text
from ..wire.transport import Json

# Servers read the body as it is, as a form, or URL-decoded. These characters mean
# something in one of the three, so they stay inside JSON's own escapes.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "%&+=#;"})

# The spellings of two fields, in lower case.
STATUT: Final = ("statut", "statur", "status")
TEXTE: Final = ("texte", "text")

# The documented codes have two digits; what is far below is no code of this gateway.
_LOWEST_CODE: Final = -999


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What an answer tells of one recipient (section I-1, "Messages (sms)")."""

    destination: str = field(default="", repr=False)
    """Digits only, however the server writes the number; empty when it doesn't."""
    submission_id: str | None = field(default=None, repr=False)
    """`smsfid`."""
    cost: Decimal | None = None
    """Credits taken for this recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonAnswer:
    """An answer that can be read, whatever was asked."""

    statut: int
    """Below 0 the code of an error; else 0, or the number of valid recipients."""
    words: str = field(repr=False)
    """The server's explanation, as it came: it may hold anything."""
    fields: Mapping[str, object] = field(repr=False)
    """All of it, by names in lower case."""

    def number(self, name: str) -> Decimal | None:
        """Return the number in the field `name`, or `None`."""
        return to_decimal(self.fields.get(name))

    def rows(self) -> list[Row]:
        """Return what is told of each recipient: nothing, if there is no list."""
        told = listed(self.fields.get("messages"), "sms")
        return [_row(as_object(item)) for item in told]

    def senders(self) -> tuple[str, ...]:
        """Return the names in `senders` (section IV-2), each once.

        Each may stand in an object of its own, as in the document's XML.
        """
        told = [
            name.strip()
            for item in listed(self.fields.get("senders"), "sender")
            for name in listed(item, "sender")
            if isinstance(name, str)
        ]
        return tuple(dict.fromkeys(told))

    def names_messages(self) -> bool:
        """Return whether the list tells of any message that was taken."""
        return any(row.destination or row.submission_id for row in self.rows())

    def server_id(self, *, sent: str | None) -> str | None:
        """Return the server's id of the request, or `None`.

        It is `msgfid` (section I-1), printed `msgid` in section I-3, which is also the
        name of our own id: one that equals `sent` is only an echo.
        """
        ids = (identifier(self.fields.get(name)) for name in ("msgfid", "msgid"))
        return next((found for found in ids if found not in {None, sent}), None)

    def valid_recipients(self) -> int:
        """Return how many recipients were valid, as a success tells.

        Without a count, a success says no more than that there was one.
        """
        if self.statut > 0:
            return self.statut
        told = to_int(self.fields.get("destinataires"))
        return 1 if told is None else told


def write_request(request: Mapping[str, Json]) -> bytes:
    """Return the body of a request (section I-3): `JSON=` and the JSON, in ASCII.

    It says the same however the server reads it.
    """
    text = json.dumps(request, separators=(",", ":")).translate(_ESCAPED)
    return f"JSON={text}".encode("ascii")


def read_answer(text: str) -> JsonAnswer | None:
    """Return an answer as the document describes it, or `None` when it is another."""
    fields = read_object(text)
    if fields is None:
        return None
    statut = to_int(first(fields, STATUT))
    if statut is None or statut < _LOWEST_CODE:
        return None
    words = first(fields, TEXTE)
    return JsonAnswer(
        statut=statut, words=words if isinstance(words, str) else "", fields=fields
    )


def match_rows(
    rows: Iterable[Row], numbers: Sequence[str]
) -> tuple[dict[str, Row], bool]:
    """Return the rows by our numbers, and whether every row is about one of them.

    The server may leave out a country code or add a prefix: then one number is the end
    of the other. A row that fits several numbers is about none for sure.
    """
    matched: dict[str, Row] = {}
    all_read = True
    for row in rows:
        number = find_number(row.destination, numbers)
        if number is None:
            all_read = False
        else:
            matched.setdefault(number, row)
    return matched, all_read


def identifier(value: object) -> str | None:
    """Return an id written as text or number; zeros alone, or nothing, are none."""
    text = to_text(value)
    return text if text.strip("0") else None


def read_object(text: str) -> dict[str, object] | None:
    """Return the object that an answer is, or `None` when it is none."""
    answer = parse_object(text)
    return None if answer is None else as_object(answer)


def as_object(value: object) -> dict[str, object]:
    """Return an object by names in lower case; nothing else has any."""
    fields = value if isinstance(value, dict) else {}
    return {name.lower(): value for name, value in fields.items()}


def listed(value: object, name: str) -> list[object]:
    """Return the items of a list.

    A list of one may come as that one; an empty list as null, "" or {}. As in the
    document's XML, it may stand in an object that holds but this list, under `name`.
    """
    fields = as_object(value)
    inside = fields[name] if fields.keys() == {name} else value
    items = inside if isinstance(inside, list) else [inside]
    return [i for i in items if (i.strip() if isinstance(i, str) else i)]


def first(fields: Mapping[str, object], names: Iterable[str]) -> object:
    """Return the first of these fields that holds something."""
    return next((fields[n] for n in names if fields.get(n) not in (None, "")), None)


def _row(fields: Mapping[str, object]) -> Row:
    return Row(
        destination=digits_of(to_text(fields.get("destination"))),
        submission_id=identifier(fields.get("smsfid")),
        cost=to_decimal(fields.get("credits")),
    )


def claims_success(reply: JsonAnswer, sms: Sms) -> bool:
    """Return whether an answer without an error says that something was taken.

    A count does, if it can be one of these recipients; so does what only a message that
    was taken has. An HTTP status that a server repeats as `status` does not.
    """
    return (
        0 < reply.statut <= len(sms.recipients)
        or reply.server_id(sent=sms.reference) is not None
        or (reply.number("credits") or 0) > 0
        or reply.names_messages()
    )


def submissions(
    reply: JsonAnswer,
    sms: Sms,
    numbers: Sequence[str],
    unreadable: Callable[[], GatewayError],
) -> tuple[Submission, ...]:
    """Return what a success means for each recipient, but for the segments.

    `numbers` are `sms.recipients` as the gateway writes them; `unreadable` makes the
    error for those of whom the answer doesn't tell enough.
    """
    rows, all_read = match_rows(reply.rows(), numbers)
    valid = reply.valid_recipients()
    unnamed: GatewayError | None
    if valid == len(numbers) and not (rows and all_read):
        # All were valid: the answer only doesn't name them, or not readably.
        unnamed = None
    elif rows and all_read and len(rows) >= valid:
        # It names all that were valid, so the others were not.
        unnamed = InvalidRecipientError()
    else:
        unnamed = unreadable()
    return tuple(
        _submission(reply, sms, recipient, rows.get(number), unnamed)
        for recipient, number in zip(sms.recipients, numbers, strict=True)
    )


def _submission(
    reply: JsonAnswer,
    sms: Sms,
    recipient: str,
    row: Row | None,
    unnamed: GatewayError | None,
) -> Submission:
    """Return one recipient's part, from its own `row` or as one `unnamed`."""
    server_id = reply.server_id(sent=sms.reference)
    if row is None and unnamed is not None:
        known = server_id if unnamed.outcome is Outcome.UNKNOWN else None
        return Submission(
            recipient=recipient,
            outcome=unnamed.outcome,
            submission_id=known,
            sending_id=known,
            error=unnamed,
        )
    row = row or Row()
    # What the whole request cost is what its only recipient cost.
    total = reply.number("credits") if len(sms.recipients) == 1 else None
    return Submission(
        recipient=recipient,
        outcome=Outcome.ACCEPTED,
        submission_id=row.submission_id or server_id,
        sending_id=server_id,
        cost=total if row.cost is None else row.cost,
    )
