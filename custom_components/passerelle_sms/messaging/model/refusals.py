"""Whose failure it is that a gateway has refused something."""

from ...gateways.errors import GatewayError, InvalidSenderError, RejectedError, Scope


def is_refusal_of_account(error: GatewayError | None, sender: str | None) -> bool:
    """Return whether a gateway has refused the account, and not the message.

    `sender` is what the message brings; with `None` it carries the account's own, which
    is the account's to mend.
    """
    if not isinstance(error, RejectedError):
        return False
    is_own_sender = isinstance(error, InvalidSenderError) and sender is None
    return is_own_sender or error.scope is Scope.ACCOUNT
