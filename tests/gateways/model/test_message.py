"""What comes back from a gateway."""

from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    InvalidRecipientError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import (
    SendResult,
    Submission,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome

MAMAN, PAPA = "+237695688207", "+2250757123456"


def test_an_error_stands_for_everybody() -> None:
    """With the id that the gateway gave all the same."""
    error = NoAnswerError(reference="12345")

    result = SendResult.failed([MAMAN, PAPA], error)

    assert result == SendResult(
        submissions=tuple(
            Submission(
                recipient=recipient,
                outcome=Outcome.UNKNOWN,
                submission_id="12345",
                error=error,
            )
            for recipient in (MAMAN, PAPA)
        )
    )


@pytest.mark.parametrize(
    ("told", "least"),
    [([], None), ([None], None), ([3, None, 2], 2), ([0, 1], 0)],
)
def test_several_results_are_one(told: list[int | None], least: int | None) -> None:
    """In their order, with the least credit that any of them tells."""
    submission = [
        SendResult.failed([f"+22670{number:06}"], InvalidRecipientError()).submissions
        for number in range(len(told))
    ]

    joined = SendResult.joined(
        [
            SendResult(
                submissions=each, remaining=None if left is None else Decimal(left)
            )
            for each, left in zip(submission, told, strict=True)
        ]
    )

    assert joined.submissions == tuple(one for each in submission for one in each)
    assert joined.remaining == least
