"""How many segments an account has sent since it was added.

The journal forgets after a while, and Home Assistant keeps the state of an entity only
now and then. Together they lose nothing: what a crash takes from the one is counted
again from the other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.core import callback
from homeassistant.helpers.restore_state import ExtraStoredData, RestoreEntity
from homeassistant.util import dt as dt_util

from .account import AccountConfigEntry
from .entity import HouseEntity
from .gateways.outcome import Outcome
from .messaging.record import Kind, MessageRecord

SEGMENTS_SENT: Final = SensorEntityDescription(
    key="segments_sent",
    translation_key="segments_sent",
    state_class=SensorStateClass.TOTAL_INCREASING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(ExtraStoredData):
    """What was counted, and how to go on from there."""

    entry_id: str
    """The account: one that is added anew may get the same entity id."""
    segments: int
    at: datetime
    """Messages created later are not in it."""
    unsettled: Mapping[str, int]
    """Of the messages that were not settled: the segments that are in it already."""

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return the count as JSON knows it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the count that was stored."""
        return cls(**{**stored, "at": datetime.fromisoformat(stored["at"])})


class SegmentsSentSensor(HouseEntity, RestoreEntity, SensorEntity):
    """The segments of all submissions that the gateway has accepted."""

    def __init__(self, entry: AccountConfigEntry) -> None:
        """Count for the account `entry`."""
        super().__init__(entry, SEGMENTS_SENT)
        self._entry = entry
        self._segments = 0
        self._unsettled: dict[str, int] = {}

    @override
    async def async_added_to_hass(self) -> None:
        """Catch up with the journal, and count on."""
        await super().async_added_to_hass()
        account = self._entry.runtime_data
        count = await self._async_last_count()
        self._segments, self._unsettled = count.segments, dict(count.unsettled)
        earlier = [await account.journal.get(known) for known in count.unsettled]
        later = await account.journal.since(count.at)
        for record in earlier:
            # One that is gone went with a damaged journal.
            if record is not None:
                self._count(record)
        for record in later:
            if record.created > count.at and record.message_id not in count.unsettled:
                self._count(record)
        self.async_on_remove(account.books.async_listen(self._async_follow))

    @property
    @override
    def native_value(self) -> int:
        """Return the segments counted."""
        return self._segments

    @property
    @override
    def extra_restore_state_data(self) -> Count:
        """Return what is needed to go on counting."""
        return Count(
            entry_id=self._entry.entry_id,
            segments=self._segments,
            at=dt_util.utcnow(),
            unsettled=dict(self._unsettled),
        )

    async def _async_last_count(self) -> Count:
        stored = await self.async_get_last_extra_data()
        if stored is not None:
            count = Count.from_dict(stored.as_dict())
            if count.entry_id == self._entry.entry_id:
                return count
        return Count(
            entry_id=self._entry.entry_id,
            segments=0,
            at=self._entry.created_at,
            unsettled={},
        )

    @callback
    def _async_follow(self, record: MessageRecord) -> None:
        self._count(record)
        self.async_write_ha_state()

    def _count(self, record: MessageRecord) -> None:
        """Count what of a message isn't counted yet."""
        if record.kind is not Kind.MESSAGE:
            return
        accepted = sum(
            record.segments if made.segments is None else made.segments
            for made in record.submissions
            if made.outcome is Outcome.ACCEPTED
        )
        self._segments += accepted - self._unsettled.pop(record.message_id, 0)
        if not record.is_closed:
            self._unsettled[record.message_id] = accepted
