"""Whose failure a refusal is."""

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    CannotConnectError,
    DuplicateMessageError,
    GatewayError,
    InsufficientCreditError,
    InvalidMessageError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidSenderError,
    IpNotAllowedError,
    NoAnswerError,
    NotAllowedError,
    NotStoredError,
    SenderNotRegisteredError,
    StopMentionRequiredError,
)
from custom_components.passerelle_sms.messaging.model.refusals import (
    is_refusal_of_account,
)


@pytest.mark.parametrize("sender", [None, "CITERNE"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AuthenticationError(), True),
        (AccountInactiveError(), True),
        (IpNotAllowedError(), True),
        (NotAllowedError(), True),
        (InsufficientCreditError(), True),
        (InvalidRecipientError(), False),
        (InvalidMessageError(), False),
        (InvalidRequestError(), False),
        (DuplicateMessageError(), False),
        # Nobody has refused anything.
        (NotStoredError(), False),
        (CannotConnectError(), False),
        (NoAnswerError(), False),
        (None, False),
    ],
)
def test_the_account_or_the_message(
    error: GatewayError | None, sender: str | None, expected: bool
) -> None:
    """Whatever sender the message brings."""
    assert is_refusal_of_account(error, sender) is expected


@pytest.mark.parametrize(
    "error",
    [InvalidSenderError(), SenderNotRegisteredError(), StopMentionRequiredError()],
)
def test_a_sender_is_of_whom_has_chosen_it(error: GatewayError) -> None:
    """The account's own is in its settings."""
    assert is_refusal_of_account(error, None)
    assert not is_refusal_of_account(error, "CITERNE")
