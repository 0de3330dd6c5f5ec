"""How 123-SMS.net is asked: as its document says, or as public clients do.

The older form is tried only when the first answer proves that nothing was done.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from ..errors import GatewayError, OperationUnknownError
from ..gateway import Gateway
from ..wire.transport import Answer
from .codes import Acceptance, Refusal

# "The format of the data is wrong": nothing was done.
_MALFORMED: Final = "-1"
# What the older form calls differently. `test` is seen there under the document's own
# name, so the other options are taken to be there under theirs.
_SCRIPT_NAMES: Final = {"senderid": "sender"}

type Reader[Result] = Callable[[str], Result | Refusal | None]
"""Reads an answer; `None` if there is any doubt."""


class RequestFormat(Enum):
    """How the gateway is asked, in the order to try."""

    DOCUMENTED = auto()
    """JSON to `api/…`."""
    SCRIPT = auto()
    """A form to a PHP script, as the vendor's own examples do."""


@dataclass(slots=True, kw_only=True)
class Operation:
    """Where the gateway is asked, and the form that it is known to answer there."""

    paths: Mapping[RequestFormat, str]
    uses_reserve: bool = False
    """Whether it may use the requests that are kept for messages."""
    form: RequestFormat | None = None
    probing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sms123Forms(Gateway):
    """What asks 123-SMS.net, and remembers which form it answers."""

    async def _ask[Result](
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        read: Reader[Result],
    ) -> Result:
        """Ask in the form that the gateway is known to answer, or find out which."""
        reply = await self._ask_known(operation, parameters, read)
        if reply is None:
            reply = await self._ask_first(operation, parameters, read)
        return _granted(reply)

    async def _ask_documented[Result](
        self, path: str, parameters: Mapping[str, str], read: Reader[Result]
    ) -> Result:
        """Ask for what only the documented form knows."""
        return _granted(
            await self._exchange(RequestFormat.DOCUMENTED, path, parameters, read)
        )

    async def _ask_known[Result](
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        read: Reader[Result],
    ) -> Result | Refusal | None:
        """Ask in the known form; `None` if none is known, or the address is gone."""
        form = operation.form
        if form is None:
            return None
        try:
            return await self._exchange_for(operation, form, parameters, read)
        except OperationUnknownError:
            # Nothing was done. Whoever came here first has perhaps found another form.
            if operation.form is form:
                operation.form = None
            return None

    async def _ask_first[Result](
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        read: Reader[Result],
    ) -> Result | Refusal:
        """Find out which form the gateway answers, one request at a time.

        Fifty messages at once must not each look for it.
        """
        async with operation.probing:
            form = operation.form
            if form is None:
                return await self._probe(operation, parameters, read)
        return await self._exchange_for(operation, form, parameters, read)

    async def _probe[Result](
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        read: Reader[Result],
    ) -> Result | Refusal:
        """Ask in one form after the other, as long as nothing was done.

        If neither is answered the documented one was right, and the error is its own.
        """
        errors: list[GatewayError] = []
        for form in RequestFormat:
            try:
                reply = await self._exchange_for(operation, form, parameters, read)
            except OperationUnknownError as error:
                errors.append(error)
                continue
            if isinstance(reply, Refusal) and reply.code == _MALFORMED:
                errors.append(reply.error())
                continue
            operation.form = form
            return reply
        raise errors[0]

    async def _exchange_for[Result](
        self,
        operation: Operation,
        form: RequestFormat,
        parameters: Mapping[str, str],
        read: Reader[Result],
    ) -> Result | Refusal:
        """Send one request of an operation in one form, and read its answer."""
        return await self._exchange(
            form,
            operation.paths[form],
            parameters,
            read,
            uses_reserve=operation.uses_reserve,
        )

    async def _exchange[Result](
        self,
        form: RequestFormat,
        path: str,
        parameters: Mapping[str, str],
        read: Reader[Result],
        *,
        uses_reserve: bool = False,
    ) -> Result | Refusal:
        """Send one request in one form, and read its answer.

        The document leaves a choice of two pairs of names for the credentials: these
        are the pair that both forms know.

        Raises:
            OperationUnknownError: HTTP 404, 405, 415 or code -3: nothing was done.
            GatewayError: of the kind that says why there is no readable answer.

        """
        values = {
            "email": self.credentials.username,
            "pass": self.credentials.api_key,
            **parameters,
        }
        if form is RequestFormat.DOCUMENTED:
            answer = await self._transport.request(
                "POST",
                path,
                json=values,
                headers={"Accept": "application/json"},
                uses_reserve=uses_reserve,
            )
        else:
            renamed = {_SCRIPT_NAMES.get(name, name): values[name] for name in values}
            answer = await self._transport.request(
                "POST", path, form=renamed, uses_reserve=uses_reserve
            )
        reply = self._read(answer, read)
        if isinstance(reply, Refusal) and reply.error_type is OperationUnknownError:
            raise reply.error()
        return reply

    def _read[Result](self, answer: Answer, read: Reader[Result]) -> Result | Refusal:
        """Return what an answer says, if its HTTP status doesn't say otherwise.

        A refusal may come with any 4xx, an acceptance or a balance only with a 2xx:
        "accepted" and "not found" together prove nothing, least of all that nothing
        was sent.
        """
        reply = read(answer.text)
        if reply is not None:
            refused = isinstance(reply, Refusal) and 400 <= answer.status < 500
            if refused or 200 <= answer.status < 300:
                return reply
        if not isinstance(reply, Acceptance):
            self._check_status(answer)
        raise self._unreadable(answer)


def _granted[Result](reply: Result | Refusal) -> Result:
    """Return what was asked for, or raise the error that was answered instead."""
    if isinstance(reply, Refusal):
        raise reply.error()
    return reply
