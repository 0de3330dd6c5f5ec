"""The rows of switches in the journal of their account or relay."""

from typing import Final, override

from ..journal.journal import Journal
from ..journal.values import UNREADABLE
from .rows import SwitchRows
from .standing import SwitchState
from .state_json import state_from_json, state_to_json

_PREFIX: Final = "dead_man_switch:"


class JournalRows(SwitchRows):
    """Keeps each row as a note, so that nothing that is pruned takes it along."""

    def __init__(self, journal: Journal) -> None:
        """Keep the rows in a journal, which somebody else opens and closes."""
        self._journal = journal

    @property
    @override
    def epoch(self) -> str | None:
        """What tells the file that they are in from all others in its place.

        It stays over restarts and crashes. It is another one once the file was put back
        from a backup, was damaged, or was begun anew. `None` while no file is open.
        """
        return self._journal.epoch or None

    @override
    async def read(self, switch_id: str) -> SwitchState | None:
        stored = await self._journal.note(_key(switch_id))
        try:
            return None if stored is None else state_from_json(stored)
        except UNREADABLE:
            return None

    @override
    async def write(self, switch_id: str, state: SwitchState | None) -> None:
        stored = None if state is None else state_to_json(state)
        await self._journal.write_note(_key(switch_id), stored)

    @override
    async def known(self) -> tuple[str, ...]:
        keys = await self._journal.keys_with(_PREFIX)
        return tuple(key.removeprefix(_PREFIX) for key in keys)


def _key(switch_id: str) -> str:
    return f"{_PREFIX}{switch_id}"
