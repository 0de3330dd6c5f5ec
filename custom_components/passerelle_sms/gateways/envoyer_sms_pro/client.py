"""How Envoyer SMS Pro is asked, and whether it did what it was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import override

from aiohttp import encode_basic_auth, hdrs

from ..claim import Claim
from ..errors import AuthenticationError, GatewayError, RateLimitedError
from ..gateway import Gateway
from ..wire.purpose import Purpose
from ..wire.redaction import HIDDEN
from ..wire.transport import Answer
from .codes import refusal
from .responses import XmlAnswer, read_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a login is told ("Authentification")."""

    in_form: bool
    """By solution 2, each part a parameter of its own; else by solution 1, the safest of
    the three, where a colon parts login, password and account."""
    names_account: bool
    """Whether the account's id is told, as it must be where there are several."""


class EnvoyerSmsProClient(Gateway):
    """What all operations of Envoyer SMS Pro have in common."""

    _login: Login | None = None
    """The way that worked last."""

    async def _ask(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        purpose: Purpose = Purpose.QUESTION,
    ) -> XmlAnswer:
        """Send one request and return the success that came back.

        Raises:
            GatewayError: of the kind that says why it is none.

        """
        read = await self._exchange(path, form, purpose=purpose)
        if error := self._error_of(read.answer, self._claim(read)):
            raise error
        return read

    async def _exchange(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        purpose: Purpose = Purpose.QUESTION,
    ) -> XmlAnswer:
        """Send one request and return what came back.

        It goes out again only where the answer proves that nothing was done.
        """
        for login in self._logins():
            read = await self._request(path, form, login, purpose=purpose)
            if not self._is_not_identified(read):
                self._login = login
                break
        return read

    async def _request(
        self,
        path: str,
        form: Mapping[str, str] | None,
        login: Login,
        *,
        purpose: Purpose,
    ) -> XmlAnswer:
        """Send one request with a login, and return what came back."""
        account_id = self.credentials.account_id if login.names_account else ""
        if login.in_form:
            answer = await self._transport.request(
                "POST",
                path,
                form={**(form or {}), **self._parameters(account_id)},
                purpose=purpose,
            )
            return read_answer(answer)
        authorization = self._authorization(account_id)
        answer = await self._transport.request(
            "POST",
            path,
            form=form,
            headers={hdrs.AUTHORIZATION: authorization},
            purpose=purpose,
        )
        # From here on nobody sees the header that a debug page may show.
        text = answer.text.replace(authorization.removeprefix("Basic "), HIDDEN)
        return read_answer(replace(answer, text=text))

    def _is_not_identified(self, read: XmlAnswer) -> bool:
        """Return whether it is proved that the gateway doesn't know who asks."""
        error = self._error_of(read.answer, self._claim(read))
        is_about_login = isinstance(error, AuthenticationError)
        return is_about_login and read.body.find(".//message_id") is None

    def _claim(self, read: XmlAnswer) -> Claim:
        """Return what an answer claims about what was asked as a whole."""
        return Claim(
            is_accepted=read.status == "success",
            refusal=self._refusal(read),
            is_readable=read.is_readable,
        )

    def _refusal(self, read: XmlAnswer) -> GatewayError | None:
        """Return what an answer says that it refuses for ("Messages d'erreur").

        401 is about the login, whatever it misses besides.
        """
        words, status = self._shown(read.message) or None, read.answer.status
        if read.status and read.error_id is not None and status != 401:
            code = self._shown(str(read.error_id))
            return refusal(read.error_id, read.message, code=code, words=words)
        is_about_login = status == 401 and (read.status or read.answer.is_silent)
        if 400 <= status < 500 and (read.gives_no_reason or is_about_login):
            return self._refusal_by_status(read.answer, words)
        return None

    @override
    def _refusal_by_status(
        self, answer: Answer, words: str | None = None
    ) -> GatewayError:
        """Return what "HTTP Status Codes" says, where no `error_id` says more.

        400 is then "over the limit of requests", for which none is documented.
        """
        if answer.status == 400:
            return RateLimitedError(
                code="HTTP 400",
                words=words,
                wait=answer.retry_after,
                is_presumed=answer.retry_after is None,
            )
        return super()._refusal_by_status(answer, words)

    def _logins(self) -> Sequence[Login]:
        """Return the ways to tell the login, what worked last first.

        No colon is part of a login in a header. One in a password is, but it looks like
        the one before an account's id: how the gateway reads it the document doesn't say.
        An only account need not be named, until there is a second one.
        """
        credentials = self.credentials
        in_form = [False, True] if ":" in credentials.password else [False]
        if ":" in credentials.username:
            in_form = [True]
        names_account = [bool(credentials.account_id)]
        if credentials.account_id and credentials.is_only:
            names_account = [False, True]
        logins = [
            Login(in_form=by, names_account=names)
            for names in names_account
            for by in in_form
        ]
        return sorted(logins, key=lambda login: login != self._login)

    def _parameters(self, account_id: str) -> dict[str, str]:
        """Return the parameters of solution 2."""
        credentials = self.credentials
        parameters = {"login": credentials.username, "password": credentials.password}
        return {**parameters, "accountid": account_id} if account_id else parameters

    def _authorization(self, account_id: str) -> str:
        """Return the header of solution 1."""
        credentials = self.credentials
        password = credentials.password
        if account_id:
            password = f"{password}:{account_id}"
        return encode_basic_auth(credentials.username, password)
