"""The page that tells what was seen: docs/reliability.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS

from .cells import Cell
from .ways import DOUBLE, SINGLE

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
WRITE: Final = "WRITE_RELIABILITY"
"""Set by scripts/reliability: what was seen is written there."""
RELAYS: Final = "\n## Through a relay\n"
"""The heading of the section that another test makes: the last one."""

_INTRODUCTION: Final = """\
# What becomes of a message when something goes wrong

*[En français](reliability.fr.md)*

Every simulated gateway fails in every way while messages are sent through it. The tables
tell what the caller was told, what the journal says, and how often the gateway has really
accepted the message. `tests/test_reliability.py` makes them, and fails when a cell breaks
the promise or when this page says something else; `scripts/reliability` writes it anew.

The promise, in every cell: no message is accepted twice; none is reported `accepted`
that was not; what has provably not left is sent as soon as that is possible, or expires
visibly; and nothing is lost.

- The columns of the ways to send say what the caller is told: `send_sms` answers with the
  outcome, a notify service or entity returns, or raises an error.
- The other cells say: the outcome at once → in the end (accepted by the gateway at once →
  in the end). In the end is when the fault is over and the hour that a message lives is
  too.
- What may have left is `unknown` at first, and never expires. Evidence is looked for:
  - The balance. Its **fall** proves that the message was accepted, only where Home
    Assistant alone uses the account, where the falls before it have added up to the last
    credit, and where no other charge is outstanding. A balance that is **unchanged** ten
    minutes later proves that the message was not sent, and it is sent then. Credits that
    come in meanwhile close the proof, as they would hide a charge. (The accounts here have
    sent a message before: a balance that was never seen to fall proves nothing.)
    After a crash or a power cut a fall proves nothing until a balance is told ten minutes
    later, with no charge outstanding: an urgent message may have left that a failing disk
    could not keep, and its charge may still come. What was in doubt by then is asked
    about, or settled by other evidence. An unchanged balance proves what it always does,
    and after a stop that has written everything down so does a fall.
  - A delivery report of SMSECO about that number and time proves that the message was
    accepted, under the same conditions as a fall: else it may be about another message.
  - ETECH KEYS lists the messages that it has sent, with recipient, text and time.
  - 123-SMS.net refuses a text that it has had (code 91): so it is asked once more with
    the identical text, and not a third time. Where others use the account, code 91 proves
    nothing, as they may have sent that text.
- A message with `send_at`, where the gateway sends nothing later, is kept on disk here until
  its hour; from then on it is a message like these, with its whole life.
- What no evidence has settled after ten minutes is `held`: the user is asked, under
  *Settings → System → Repairs*.
- Each part of a text that was split is a message of its own here: it is handed over once
  the one before it is accepted, so what one part leaves in doubt stops the rest, and only
  what is missing is sent again. `tests/messaging/long_texts` makes every fault at every
  part.
- What a gateway refuses the account for says nothing about the message. It stays `queued`
  while the account **rests**, only now and then tried; it is sent when that is mended, and
  expires visibly if that isn't within its life. A row of such a refusal has a dash for a
  gateway whose document knows no answer for it.
"""

_ONE: Final = """
## One message for one recipient

"""

_ACCOUNTS: Final = """
## The balance moves for other reasons

One message for one recipient again, sent by `send_sms`. The connection is closed before
the gateway has answered.

"""

_TWO: Final = """
## Two at once

A message to two recipients, and two alerts to the same recipient at once, sent by
`send_sms`. The fault meets every request until all callers are answered; the numbers are
those of both together. Where one waits for what becomes of the other, it is `queued`.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of messages in one trouble, sent in one way."""

    words: str
    way: str
    cells: Mapping[str, Cell]
    """By gateway; one that doesn't know the trouble has none."""


def document(one: Sequence[Row], accounts: Sequence[Row], two: Sequence[Row]) -> str:
    """Return the page: of what was sent alone, while credits moved, and two at once."""
    return "".join(
        (
            _INTRODUCTION,
            _ONE,
            table(("What goes wrong", *SINGLE, *_names()), _with_ways(one)),
            _ACCOUNTS,
            table(
                ("What happens", *_names()),
                ((row.words, *_all(row)) for row in accounts),
            ),
            _TWO,
            table(("What goes wrong", *DOUBLE), _by_way(two)),
        )
    )


def written() -> tuple[str, str]:
    """Return what the page says of accounts, and of relays."""
    accounts, heading, relays = DOCUMENT.read_text("utf-8").partition(RELAYS)
    return accounts, f"{heading}{relays}"


def _names() -> tuple[str, ...]:
    return tuple(gateway.name for gateway in GATEWAYS.values())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _all(row: Row) -> list[str]:
    return [str(row.cells.get(key, "–")) for key in GATEWAYS]


def _with_ways(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return lines, one where several ways have come to the same."""
    told: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        answers = " or ".join(dict.fromkeys(cell.told for cell in row.cells.values()))
        told.setdefault((row.words, *_all(row)), {})[row.way] = answers
    return [
        (words, *(answers.get(way, "") for way in SINGLE), *cells)
        for (words, *cells), answers in told.items()
    ]


def _by_way(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return lines with a column for each way, for all gateways."""
    by_words: dict[str, dict[str, str]] = {}
    for row in rows:
        by_words.setdefault(row.words, {})[row.way] = _grouped(row.cells)
    return [
        (words, *(cells[way] for way in DOUBLE)) for words, cells in by_words.items()
    ]


def _grouped(cells: Mapping[str, Cell]) -> str:
    """Return what became of all, with the gateways named where they differ."""
    groups: dict[str, list[str]] = {}
    for key, cell in cells.items():
        groups.setdefault(str(cell), []).append(GATEWAYS[key].name)
    if len(groups) == 1 and len(cells) == len(GATEWAYS):
        return next(iter(groups))
    return "<br>".join(
        f"{', '.join(names)}: {became}" for became, names in groups.items()
    )
