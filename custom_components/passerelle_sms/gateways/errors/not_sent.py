"""Never left: safe to try again."""

from .base import NotSentError


class CannotConnectError(NotSentError):
    """The gateway's name, address or port cannot be reached."""

    key = "cannot_connect"


class TlsFailedError(NotSentError):
    """No secure connection: the certificate is wrong or TLS isn't spoken there."""

    key = "tls_failed"


class RateLimitedError(NotSentError):
    """Too many requests: the gateway did not look at this one."""

    key = "rate_limited"
