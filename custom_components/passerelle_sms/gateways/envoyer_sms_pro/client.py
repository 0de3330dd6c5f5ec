"""How Envoyer SMS Pro is asked, and whether it did what it was asked for."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import encode_basic_auth, hdrs

from ..errors import AuthenticationError, NotAllowedError, RateLimitedError
from ..gateway import Gateway
from ..wire.redaction import HIDDEN
from .codes import refusal
from .responses import XmlAnswer, read_answer


class EnvoyerSmsProClient(Gateway):
    """What all operations of Envoyer SMS Pro have in common."""

    async def _ask(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        uses_reserve: bool = False,
    ) -> XmlAnswer:
        """Send one request and return the success that came back.

        Raises:
            RejectedError: the refusal that came back, as the document explains it.
            GatewayError: the answer is neither; the HTTP status says what it is.

        """
        answer = await self._exchange(path, form, uses_reserve=uses_reserve)
        self._check_accepted(answer)
        return answer

    async def _exchange(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        uses_reserve: bool = False,
    ) -> XmlAnswer:
        """Send one request and return the success or the refusal that came back.

        Raises:
            GatewayError: the answer is neither; the HTTP status says what it is.

        """
        authorization = self._authorization()
        answer = await self._transport.request(
            "POST",
            path,
            form=form,
            headers={hdrs.AUTHORIZATION: authorization},
            uses_reserve=uses_reserve,
        )
        # From here on nobody sees the header that a debug page may show.
        text = answer.text.replace(authorization.removeprefix("Basic "), HIDDEN)
        read = read_answer(replace(answer, text=text))
        self._check_answer(read)
        return read

    def _check_answer(self, read: XmlAnswer) -> None:
        """Raise unless the answer is a success or a refusal ("HTTP Status Codes").

        A known `error_id` says more than the status around it. Without one, 400 is
        "over the limit of requests", for which no `error_id` is documented.
        """
        status = read.answer.status
        if status == 401 or status >= 500:
            self._check_status(read.answer)
        if read.succeeded and status == 200:
            return
        if read.refused and (status == 200 or (status >= 400 and read.is_documented)):
            return
        if read.status == "success":
            # It contradicts its own HTTP status, or brings an error: proof of nothing.
            raise self._unreadable(read.answer)
        if status == 400:
            raise RateLimitedError(
                code="HTTP 400",
                words=self._words(read),
                wait=read.answer.retry_after,
            )
        if status == 403:
            raise NotAllowedError(code="HTTP 403", words=self._words(read))
        self._check_status(read.answer)
        raise self._unreadable(read.answer)

    def _check_accepted(self, read: XmlAnswer) -> None:
        """Raise what a refusal means."""
        if read.error_id is not None:
            raise refusal(read.error_id, read.message, self._words(read))

    def _words(self, read: XmlAnswer) -> str | None:
        return self._shown(read.message) or None

    def _authorization(self) -> str:
        """Return the header of "Authentification", solution 1, the safest of the three.

        Raises:
            AuthenticationError: a colon ends the login in the header, so none holds one.

        """
        credentials = self.credentials
        if ":" in credentials.username:
            raise AuthenticationError
        password = credentials.password
        if credentials.account_id:
            password = f"{password}:{credentials.account_id}"
        return encode_basic_auth(credentials.username, password)
