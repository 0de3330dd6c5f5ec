"""Tells what happens to one dead man's switch, once there is who listens."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import DOMAIN
from ..presentation.switch_events import SwitchNews, async_tell_switch

type NewsListener = Callable[[SwitchNews], None]


class SwitchTeller:
    """Tells automations on the bus, and the entities of a switch."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, switch_id: str) -> None:
        """Tell of the switch `switch_id`; what happens is kept until `open`."""
        self._hass = hass
        self._entry = entry
        self._signal = f"{DOMAIN}_{entry.entry_id}_{switch_id}"
        self.is_open = False
        """Whether what happens is told at once."""
        self._waiting: list[SwitchNews] = []

    @callback
    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the status may be another one."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_status", listener)

    @callback
    def async_listen_to_news(self, listener: NewsListener) -> Callable[[], None]:
        """Call `listener` with everything that happens to the switch."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_news", listener)

    @callback
    def async_tell_status(self) -> None:
        """Tell that the status may be another one."""
        async_dispatcher_send(self._hass, f"{self._signal}_status")

    @callback
    def async_tell(self, name: str, news: SwitchNews) -> None:
        """Tell what has happened to the switch, which is called `name`."""
        if not self.is_open:
            self._waiting.append(news)
            return
        async_tell_switch(self._hass, self._entry, name, news)
        async_dispatcher_send(self._hass, f"{self._signal}_news", news)

    @callback
    def async_open(self, name: str) -> None:
        """Tell what has happened by now, and all else from now on."""
        self.is_open = True
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            self.async_tell(name, news)

    @callback
    def async_close(self) -> None:
        """Keep what happens until the next `async_open`."""
        self.is_open = False
