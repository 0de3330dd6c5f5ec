"""Envoyer SMS Pro's list of those who want no messages."""

from typing import Final, override

from ..abilities.account import KeepsStopList
from ..model.delivery import is_same_number
from .client import EnvoyerSmsProClient
from .responses import XmlAnswer, number_of, text_at

# "Les statuts de STOP SMS".
_STOPPED: Final = {"0": False, "1": True}


class EnvoyerSmsProStopList(EnvoyerSmsProClient, KeepsStopList):
    """Looks up numbers in the list, puts them on it and takes them off."""

    @override
    async def is_stopped(self, recipient: str) -> bool:
        """Look a number up ("Fonction consultation STOP SMS")."""
        answer = await self._ask_about(recipient, "stopsms/check")
        status = text_at(answer.body, "stopsms/stop_sms_status_id")
        if status not in _STOPPED:
            raise self._unreadable(answer.answer)
        return _STOPPED[status]

    @override
    async def activate_stop(self, recipient: str) -> None:
        """Put a number on the list ("Fonction activation STOP SMS")."""
        await self._ask_about(recipient, "stopsms/activate")

    @override
    async def deactivate_stop(self, recipient: str) -> None:
        """Take a number off the list ("Fonction désactivation STOP SMS")."""
        await self._ask_about(recipient, "stopsms/deactivate")

    async def _ask_about(self, recipient: str, path: str) -> XmlAnswer:
        """Ask about one number; an answer about another one proves nothing.

        The parameter is printed `phonenum ber`, and once `phonenum`.
        """
        answer = await self._ask(path, {"phonenumber": self.local_number(recipient)})
        told = number_of(text_at(answer.body, "stopsms/phone_number"), code="")
        if not is_same_number(recipient, told):
            raise self._unreadable(answer.answer)
        return answer
