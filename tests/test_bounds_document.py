"""The documents and the forms tell the bounds that the code has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from custom_components.passerelle_sms.actions.message_fields import USUAL_WAIT
from custom_components.passerelle_sms.bounds import (
    FARTHEST_SCHEDULE,
    FIRST_YEAR,
    FIRST_YEAR_OF_BIRTH,
    LAST_YEAR,
    LONGEST_LINE,
    LONGEST_MERGED,
    LONGEST_NAME,
    LONGEST_TARGETS,
    LONGEST_TEXT,
    LONGEST_URL,
    LONGEST_WAIT,
    MOST_CREDITS,
    MOST_DATA,
    MOST_FIELDS,
    MOST_GROUPS,
    MOST_ROWS,
    MOST_TRANSACTIONS,
)
from custom_components.passerelle_sms.const import (
    DEFAULT_LOW_BALANCE,
    DEFAULT_POLL,
    JOURNAL_AGE,
    JOURNAL_LENGTH,
)
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.message import (
    DEFAULT_TIME_TO_LIVE,
)
from custom_components.passerelle_sms.messaging.model.record import LONGEST_LIFE
from custom_components.passerelle_sms.messaging.operations.planned_messages import (
    MOST_PLANNED,
)
from custom_components.passerelle_sms.messaging.outbox.joining import MOST_JOINED
from custom_components.passerelle_sms.messaging.outbox.outbox import MOST_OPEN
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    MOST_TARGETS,
)
from custom_components.passerelle_sms.messaging.tracking.poller import HORIZON

from .test_translations import leaves, load

REPOSITORY: Final = Path(__file__).parent.parent
HOUR: Final = 3600
MINUTE: Final = 60


def rows(document: str, heading: str) -> Iterator[tuple[str, str]]:
    """Yield the first two cells of each row under a heading."""
    text = (REPOSITORY / document).read_text("utf-8")
    for line in text.split(f"\n## {heading}\n")[1].split("\n## ")[0].splitlines():
        if line.startswith("| ") and not line.startswith("| |"):
            told, meant, *_ = (cell.strip() for cell in line.strip("|").split("|"))
            yield told, meant


def test_what_a_call_may_hold() -> None:
    """Row by row, in their order."""
    told = dict(rows("docs/messages.md", "What a call may hold"))
    line = "`title`, a value of `personalisation`, a text in `gateway_options`"
    other = next(name for name in told if name.startswith("any other text"))

    assert told == {
        "`message`": f"{LONGEST_TEXT:,} characters",
        line: f"{LONGEST_LINE:,} characters",
        other: f"{LONGEST_NAME} characters",
        "`target`": (
            f"{MOST_TARGETS:,} names or numbers, {LONGEST_TARGETS:,} characters in all"
        ),
        "`personalisation`": (
            f"{MOST_TARGETS:,} recipients, {MOST_FIELDS} fields each, "
            f"{LONGEST_MERGED:,} characters in all, as they are given and once they are "
            "filled in"
        ),
        "`gateway_options`": f"{MOST_FIELDS} options",
        "`data` of a notify service": (
            f"{MOST_DATA} options, with those of other notifiers"
        ),
        "`send_at`": f"within {FARTHEST_SCHEDULE.days} days",
        "`since`, `until`; `birthday`": (
            f"the years {FIRST_YEAR} to {LAST_YEAR}; "
            f"{FIRST_YEAR_OF_BIRTH} to {LAST_YEAR}"
        ),
        "`limit`; `quantity`; `credits`": (
            f"1 to {MOST_ROWS}; 1 to {MOST_TRANSACTIONS:,}; 1 to {MOST_CREDITS:,}"
        ),
        "`groups` of a contact": f"{MOST_GROUPS}",
        "the base address of a gateway, in the form": f"{LONGEST_URL:,} characters",
    }


def test_limits_of_time_and_number() -> None:
    """Each begins with what the code says."""
    told = dict(rows("docs/messages.md", "Limits of time and number"))
    waits, limits = Timeouts(), GuardLimits()
    life, longest = (
        int(time.total_seconds() / HOUR)
        for time in (DEFAULT_TIME_TO_LIVE, LONGEST_LIFE)
    )
    expected = {
        "time to live": f"{life} hour; 1 second to {longest} hours by",
        "a request": (
            f"{waits.connect} seconds to connect, {waits.read} for the next byte "
            f"of an answer, {waits.total} for everything"
        ),
        "messages not settled": f"{MOST_OPEN} an account",
        "messages kept here until their hour": (
            f"{MOST_PLANNED:,} an account, beside the {MOST_OPEN}"
        ),
        "the journal": f"{JOURNAL_AGE.days} days and {JOURNAL_LENGTH:,} messages",
        "segments": (
            f"{limits.segments_per_hour} an hour and {limits.segments_per_day} a day"
        ),
        "the same text to the same number": "once a minute",
        "the same message while the first still waits": (
            f"joins it and is paid once, {MOST_JOINED:,} times at most; its time is "
            f"renewed up to {longest} hours from the first"
        ),
        "following a delivery, waiting for replies": f"{HORIZON.days} days",
        "waiting inside an action": (
            f"{LONGEST_WAIT.total_seconds() / MINUTE:.0f} minutes by"
        ),
    }

    assert limits.identical_window.total_seconds() == MINUTE
    assert told.keys() == expected.keys()
    for name, beginning in expected.items():
        assert told[name].startswith(beginning), name


def test_the_wait_of_a_delivery() -> None:
    """The one that is meant by `true`, and the longest."""
    options = dict(rows("docs/messages.md", "Options of a message"))

    assert USUAL_WAIT.total_seconds() == 2 * MINUTE
    assert "`true` for two minutes" in options["`wait_for_delivery`"]
    longest = f"up to {LONGEST_WAIT.total_seconds() / MINUTE:.0f} minutes"
    assert longest in options["`wait_for_delivery`"]


def test_the_options_of_an_account() -> None:
    """What they are unless the user says otherwise."""
    told, limits = dict(rows("README.md", "Options")), GuardLimits()
    caps = f"{limits.segments_per_hour} and {limits.segments_per_day} unless"

    minutes = DEFAULT_POLL.total_seconds() / MINUTE
    assert told["Ask for the balance every"].startswith(f"{minutes:.0f} minutes unless")
    assert caps in told["Segments per hour, Segments per day"]
    assert told["Warn at a balance of"].startswith(f"{DEFAULT_LOW_BALANCE} credits")


def test_the_words_of_actions() -> None:
    """Where a description tells a bound, it is that of the code."""
    words = load("en")["services"]

    asked = words["get_messages"]
    journal = f"last {JOURNAL_AGE.days} days, at most {JOURNAL_LENGTH:,}"
    assert journal in asked["description"]
    assert f"up to {MOST_ROWS}." in asked["fields"]["limit"]["description"]
    quantity = words["get_transactions"]["fields"]["quantity"]["description"]
    assert f"up to {MOST_TRANSACTIONS:,}." in quantity
    name = f"{LONGEST_NAME} characters at most"
    assert any(name in text for _, text in leaves(load("en")["config"]["error"]))
