"""What becomes of a submission: its status, and which number a report is about."""

from datetime import UTC, datetime
from html import escape
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Reply,
    Sent,
    SentMessage,
    comparable_text,
    find_number,
    is_same_number,
)

MAMAN = "+237695688207"


def test_only_a_pending_one_is_still_waited_for() -> None:
    """Everything else is the last that is heard of it."""
    assert [status for status in DeliveryStatus if not status.is_final] == [
        DeliveryStatus.PENDING
    ]


def test_the_names_are_those_that_users_know() -> None:
    """Automations compare with them."""
    assert [str(status) for status in DeliveryStatus] == [
        "pending",
        "delivered",
        "undelivered",
        "opted_out",
        "unknown",
    ]


NUMBERS = pytest.mark.parametrize(
    ("recipient", "digits", "same"),
    [
        (MAMAN, "237695688207", True),
        # Without the country code, with a prefix, and without a plus.
        (MAMAN, "695688207", True),
        (MAMAN, "00237695688207", True),
        ("237695688207", "237695688207", True),
        # Burkina Faso has eight digits.
        ("+22670123456", "70123456", True),
        ("+22670123456", "0123456", False),
        # Another number, or none.
        (MAMAN, "237695688208", False),
        (MAMAN, "695688208", False),
        (MAMAN, "23769568820", False),
        (MAMAN, "5688207", False),
        (MAMAN, "", False),
        ("", "", False),
        ("+2250757123456", "0757123456", True),
        ("+2250757123456", "757123456", True),
        ("+33757123456", "0757123456", False),
    ],
)


@NUMBERS
def test_knows_a_number_with_or_without_what_stands_before(
    recipient: str, digits: str, same: bool
) -> None:
    """But never by less than the shortest number there is."""
    assert is_same_number(recipient, digits) is same


@pytest.mark.parametrize(
    ("digits", "found"),
    [
        ("237695688207", MAMAN),
        ("695688207", MAMAN),
        ("00237695688207", MAMAN),
        ("57123456", None),
        ("22657123456", "+22657123456"),
        ("0757123456", "+2250757123456"),
        # Written without a plus.
        ("33612345678", "33612345678"),
        ("0612345678", None),
        ("", None),
    ],
)
def test_finds_the_number_that_is_meant(digits: str, found: str | None) -> None:
    """Or none, where two of them end alike."""
    numbers = [MAMAN, "+22657123456", "+2250757123456", "33612345678"]

    assert find_number(digits, numbers) == found


def test_a_whole_number_is_itself() -> None:
    """Even where it is the end of another one."""
    assert find_number("57123456", ["+22657123456", "57123456"]) == "57123456"


@NUMBERS
def test_a_report_is_about_a_number(recipient: str, digits: str, same: bool) -> None:
    """However the gateway writes it."""
    report = DeliveryReport(
        submission_id=None, recipient=digits, status=DeliveryStatus.DELIVERED
    )

    assert report.is_about(recipient) is same


@pytest.mark.parametrize(
    "held",
    [
        Sent(recipient=MAMAN, submission_id="1an-account", sending_id="an-account"),
        DeliveryReport(
            submission_id="1an-account",
            sending_id="an-account",
            recipient="237695688207",
            status=DeliveryStatus.DELIVERED,
        ),
        Reply(sender=MAMAN, text="an-account", at=datetime(2026, 11, 20, tzinfo=UTC)),
        SentMessage(recipient=MAMAN, text="an-account", at=None),
    ],
    ids=type,
)
def test_nobody_is_shown(held: Sent | DeliveryReport | Reply | SentMessage) -> None:
    """Neither a number, nor an id that may hold one, nor what somebody wrote."""
    assert "695688207" not in repr(held)
    assert "an-account" not in repr(held)


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("Citerne vide", " Citerne\r\n vide\n"),
        ("Fuite &lt;&amp;&gt; l&#039;eau", "Fuite <&> l'eau"),
        ("&eacute;tage", "étage"),
        ("Tom & Jerry", "Tom &amp; Jerry"),
        ("Citerne\u00a0vide", "Citerne&nbsp;vide"),
        (unicodedata.normalize("NFD", "À l'étage"), "À l'étage"),
    ],
)
def test_a_text_is_the_same_whatever_a_page_has_made_of_it(
    shown: str, sent: str
) -> None:
    """Its entities, its white space, its accents."""
    assert SentMessage(recipient=MAMAN, text=shown, at=None).says(sent)


@pytest.mark.parametrize(
    "sent", ["Citerne", "Citerne vide!", "citerne vide", "Citernevide", ""]
)
def test_another_text_is_another_one(sent: str) -> None:
    """Nothing else is overlooked."""
    assert not SentMessage(recipient=MAMAN, text="Citerne vide", at=None).says(sent)


@given(st.text().filter(lambda text: "&" not in text))
def test_a_text_compares_as_it_is_shown(text: str) -> None:
    """Escaped, escaped twice, decomposed, or among other white space."""
    compared = comparable_text(text)

    assert comparable_text(escape(text)) == compared
    assert comparable_text(escape(escape(text))) == compared
    assert comparable_text(unicodedata.normalize("NFD", text)) == compared
    assert comparable_text(f"\n{text.replace(' ', '  ')}\t") == compared
