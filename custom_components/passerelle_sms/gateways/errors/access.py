"""Refused: the account may not, or cannot pay, or was not understood."""

from .base import RejectedError, Scope


class AuthenticationError(RejectedError):
    """The credentials are wrong, or missing."""

    key = "invalid_auth"
    scope = Scope.ACCOUNT


class AccountInactiveError(RejectedError):
    """The account exists but is not active."""

    key = "account_inactive"
    scope = Scope.ACCOUNT


class IpNotAllowedError(RejectedError):
    """The gateway does not take requests from this house's IP address."""

    key = "ip_not_allowed"
    scope = Scope.ACCOUNT


class NotAllowedError(RejectedError):
    """The account may not do this."""

    key = "not_allowed"
    scope = Scope.ACCOUNT


class OverseasOptionMissingError(NotAllowedError):
    """Sending to the French overseas departments is an option that is off."""

    key = "overseas_option_missing"
    scope = Scope.RECIPIENT


class InsufficientCreditError(RejectedError):
    """Not enough credit left."""

    key = "insufficient_credit"
    scope = Scope.ACCOUNT


class InvalidRequestError(RejectedError):
    """The gateway did not understand the request, or lacks a parameter."""

    key = "invalid_request"
    scope = Scope.GATEWAY


class OperationUnknownError(InvalidRequestError):
    """The gateway has no such operation at that address, so nothing was done."""

    key = "operation_unknown"
