"""Where the row of a switch is kept."""

from typing import Protocol

from .standing import SwitchState


class SwitchRows(Protocol):
    """The rows of all switches of one account or relay, by the ids of the switches."""

    @property
    def epoch(self) -> str | None:
        """What tells the file that they are in from all others in its place."""

    async def read(self, switch_id: str) -> SwitchState | None:
        """Return a row; `None` if there is none that can be read.

        Raises:
            NotStoredError: the file can't be read.

        """

    async def write(self, switch_id: str, state: SwitchState | None) -> None:
        """Write a row in the place of the last one, or none with `None`.

        Raises:
            NotStoredError: it could not be written.

        """

    async def known(self) -> tuple[str, ...]:
        """Return the ids of all switches that have a row; raises `NotStoredError`."""
