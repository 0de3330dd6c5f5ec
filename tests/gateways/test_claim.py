"""The rule: what a claim proves beside an HTTP status."""

from itertools import product

import pytest

from custom_components.passerelle_sms.gateways.claim import (
    Claim,
    HttpStatus,
    Verdict,
    weigh,
)
from custom_components.passerelle_sms.gateways.errors import InsufficientCreditError

_REFUSAL = InsufficientCreditError()
_CLAIMS = [
    Claim(
        is_accepted=is_accepted,
        refusal=refusal,
        is_readable=is_readable,
        submission_id=submission_id,
    )
    for is_accepted, refusal, is_readable, submission_id in product(
        [True, False], [None, _REFUSAL], [True, False], [None, "1"]
    )
]
_EVERYTHING = [
    (claim, status, is_silent)
    for claim, status, is_silent in product(_CLAIMS, HttpStatus, [True, False])
]


@pytest.mark.parametrize(
    ("status", "claimed"),
    [
        (200, HttpStatus.FINE),
        (201, HttpStatus.FINE),
        (299, HttpStatus.FINE),
        (301, HttpStatus.SURPRISING),
        (400, HttpStatus.REFUSED),
        (404, HttpStatus.REFUSED),
        (408, HttpStatus.SURPRISING),
        (429, HttpStatus.REFUSED),
        (500, HttpStatus.SURPRISING),
        (503, HttpStatus.SURPRISING),
    ],
)
def test_what_a_status_claims(status: int, claimed: HttpStatus) -> None:
    """A time-out proves as little as an error of the server's."""
    assert HttpStatus.of(status) is claimed


def test_accepted_is_only_what_nothing_contradicts() -> None:
    """A positive statement, all of it read, no refusal, and an HTTP status of success."""
    accepted = [
        claim.is_accepted
        and claim.refusal is None
        and claim.is_readable
        and status is HttpStatus.FINE
        for claim, status, _ in _EVERYTHING
    ]

    assert accepted == [
        weigh(claim, status, is_silent=is_silent) is Verdict.ACCEPTED
        for claim, status, is_silent in _EVERYTHING
    ]


def test_refused_is_only_what_nothing_contradicts() -> None:
    """A statement that it was refused, all of it read, and nothing positive beside it."""
    refused = [
        claim.refusal is not None
        and not claim.is_accepted
        and claim.is_readable
        and status is not HttpStatus.SURPRISING
        for claim, status, _ in _EVERYTHING
    ]

    assert refused == [
        weigh(claim, status, is_silent=is_silent) is Verdict.REFUSED
        for claim, status, is_silent in _EVERYTHING
    ]


def test_a_status_decides_only_where_the_answer_says_nothing() -> None:
    """Not where there is an id, or words that nobody understands."""
    decided = [
        (claim, status, is_silent)
        for claim, status, is_silent in _EVERYTHING
        if weigh(claim, status, is_silent=is_silent) is Verdict.REFUSED_BY_STATUS
    ]

    assert decided == [(Claim(), HttpStatus.REFUSED, True)]
