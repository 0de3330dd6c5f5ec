"""Never left: safe to try again."""

from datetime import timedelta

from .base import NotSentError


class CannotConnectError(NotSentError):
    """The gateway's name, address or port cannot be reached."""

    key = "cannot_connect"


class TlsFailedError(NotSentError):
    """No secure connection: the certificate is wrong or TLS isn't spoken there."""

    key = "tls_failed"


class NoAccountAvailableError(NotSentError):
    """No account of a relay can take the message for now.

    `reason` is the key of why the first one that may take it later can't: its code, its
    words and its details are here, too.
    """

    key = "no_account_available"


class RateLimitedError(NotSentError):
    """Too many requests: the gateway did not look at this one."""

    key = "rate_limited"

    def __init__(
        self,
        *,
        wait: timedelta | None = None,
        is_presumed: bool = False,
        code: str | None = None,
        words: str | None = None,
        reference: str | None = None,
        **details: str,
    ) -> None:
        """Keep for how long nothing is to be asked, where that is known.

        `is_presumed` says that the gateway only did not look at this request, and has
        not said that it was one too many: another one may well be taken.
        """
        super().__init__(code=code, words=words, reference=reference, **details)
        self.wait = wait
        self.is_presumed = is_presumed
