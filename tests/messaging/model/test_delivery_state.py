"""What is known of a delivery, and what is news about it."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from tests.conftest import MAMAN
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    UNKNOWN,
    report,
)

OPTED_OUT = DeliveryStatus.OPTED_OUT


def test_it_says_what_the_report_says() -> None:
    """And nobody has heard of it yet."""
    told = DeliveryReport(
        submission_id="1",
        recipient="237695688207",
        status=UNDELIVERED,
        code="59",
        words="Non Délivré par l'Opérateur",
        at=datetime(2026, 11, 1, 12, tzinfo=UTC),
        is_billed=True,
    )

    assert DeliveryState.of(told) == DeliveryState(
        status=UNDELIVERED,
        code="59",
        words="Non Délivré par l'Opérateur",
        at=datetime(2026, 11, 1, 12, tzinfo=UTC),
        is_billed=True,
        is_announced=False,
    )


@pytest.mark.parametrize(
    ("known", "told", "is_news"),
    [
        (PENDING, PENDING, False),
        (PENDING, DELIVERED, True),
        (PENDING, UNDELIVERED, True),
        (PENDING, OPTED_OUT, True),
        (PENDING, UNKNOWN, True),
        (DELIVERED, DELIVERED, False),
        (DELIVERED, UNDELIVERED, False),
        (DELIVERED, PENDING, False),
        (UNDELIVERED, DELIVERED, True),
        (UNDELIVERED, UNDELIVERED, False),
        (UNDELIVERED, PENDING, False),
        (OPTED_OUT, DELIVERED, True),
        (UNKNOWN, DELIVERED, True),
        (UNKNOWN, UNDELIVERED, False),
    ],
)
def test_what_is_news(
    known: DeliveryStatus, told: DeliveryStatus, is_news: bool
) -> None:
    """What has ended stays so, unless it has arrived after all."""
    assert DeliveryState(status=known).is_news(report("1", MAMAN, told)) is is_news


@pytest.mark.parametrize(
    ("code", "is_news"), [("50", False), ("55", True), (None, True)]
)
def test_another_state_on_the_way_is_news(code: str | None, is_news: bool) -> None:
    """The gateway's own code tells one from another."""
    told = report("1", MAMAN, PENDING, code=code)

    assert DeliveryState(code="50").is_news(told) is is_news


@given(st.sampled_from(DeliveryStatus), st.booleans())
def test_what_is_awaited(status: DeliveryStatus, is_announced: bool) -> None:
    """The end, and that somebody hears of it."""
    delivery = DeliveryState(status=status, is_announced=is_announced)

    assert delivery.is_awaited is not (status is not PENDING and is_announced)


@given(st.lists(st.sampled_from(DeliveryStatus), max_size=8))
def test_whatever_comes_it_has_an_end(statuses: list[DeliveryStatus]) -> None:
    """It changes to something final twice at most, and is delivered if it ever was."""
    delivery, ends = DeliveryState(), 0
    for status in statuses:
        if delivery.is_news(told := report("1", MAMAN, status)):
            delivery = DeliveryState.of(told)
            ends += delivery.status.is_final

    assert ends <= 2
    assert (delivery.status is DELIVERED) is (DELIVERED in statuses)
