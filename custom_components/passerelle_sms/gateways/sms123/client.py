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
from ..wire.purpose import Purpose
from ..wire.transport import Answer
from .codes import EMPTY_FIELDS
from .responses import Reply

# "The format of the data is wrong": nothing was done.
_MALFORMED: Final = "-1"
# What the older form calls differently. `test` is seen there under the document's own
# name, so the other options are taken to be there under theirs.
_SCRIPT_NAMES: Final = {"senderid": "sender"}

type Reader = Callable[[Answer], Reply]


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
    form: RequestFormat | None = None
    probing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What the gateway is asked, in whatever form."""

    values: Mapping[str, str] = field(repr=False)
    """The parameters, the credentials among them."""
    read: Reader
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An answer, and why it doesn't grant what was asked for."""

    reply: Reply
    error: GatewayError | None

    @property
    def is_own(self) -> bool:
        """Whether the gateway itself has spoken, and not only its web server."""
        return self.error is self.reply.claim.refusal

    def granted(self) -> Reply:
        """Return what it says, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.reply


class Sms123Client(Gateway):
    """What all operations of 123-SMS.net have in common: which form is answered."""

    async def _ask(
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        read: Reader,
        *,
        purpose: Purpose = Purpose.QUESTION,
    ) -> Reply:
        """Ask in the form that the gateway is known to answer, or find out which.

        The document leaves a choice of two pairs of names for the credentials: these
        are the pair that both forms know.
        """
        values = {
            "email": self.credentials.username,
            "pass": self.credentials.api_key,
            **parameters,
        }
        request = _Request(values=values, read=read, purpose=purpose)
        if (form := operation.form) is not None:
            told = await self._exchange(operation, form, request)
            if not isinstance(told.error, OperationUnknownError):
                return told.granted()
            # Nothing was done. Whoever came here first has perhaps found another form.
            if operation.form is form:
                operation.form = None
        # One request at a time: fifty messages at once must not each look for it.
        async with operation.probing:
            if (form := operation.form) is None:
                return await self._probe(operation, request)
        return (await self._exchange(operation, form, request)).granted()

    async def _probe(self, operation: Operation, request: _Request) -> Reply:
        """Ask in one form after the other, as long as nothing was done.

        If neither is answered the documented one was right, and the error is its own;
        but a value that is said to be wrong says more.
        """
        errors: list[GatewayError] = []
        for form in operation.paths:
            told = await self._exchange(operation, form, request)
            if told.error is None or not _was_not_read(told.error, request.values):
                if told.is_own:
                    operation.form = form
                return told.granted()
            errors.append(told.error)
        raise next((e for e in errors if e.code in EMPTY_FIELDS), errors[0])

    async def _exchange(
        self, operation: Operation, form: RequestFormat, request: _Request
    ) -> _Told:
        """Send one request in one form, and read its answer."""
        path, values = operation.paths[form], request.values
        if form is RequestFormat.DOCUMENTED:
            answer = await self._transport.request(
                "POST",
                path,
                json=values,
                headers={"Accept": "application/json"},
                purpose=request.purpose,
            )
        else:
            renamed = {_SCRIPT_NAMES.get(name, name): values[name] for name in values}
            answer = await self._transport.request(
                "POST", path, form=renamed, purpose=request.purpose
            )
        reply = request.read(answer)
        return _Told(reply=reply, error=self._error_of(answer, reply.claim))


def _was_not_read(error: GatewayError, values: Mapping[str, str]) -> bool:
    """Return whether an error proves that a request was not understood, nor carried out.

    That it lacks a value which it had does, too.
    """
    if isinstance(error, OperationUnknownError) or error.code == _MALFORMED:
        return True
    return bool(values.get(EMPTY_FIELDS.get(error.code or "", "")))
