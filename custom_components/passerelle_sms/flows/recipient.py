"""Adds a recipient to an account or a relay: a name, and a number to send to."""

from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_COUNTRY, CONF_NAME
from homeassistant.core import callback

from ..const import CONF_PHONE, SUBENTRY_RECIPIENT
from ..entries.kinds import gateways_of, is_relay
from ..entries.settings import recipient_name
from ..gateways.abilities.options import SpeaksMessages
from ..gateways.errors import (
    AmbiguousNumberError,
    InvalidRecipientError,
    NotANumberError,
    OldIvorianNumberError,
)
from ..messaging.invisible import trimmed
from ..messaging.recipients.names import tidied
from ..messaging.recipients.phone_numbers import parse_number, receives_no_sms
from .forms import RECIPIENT_FORM, too_long
from .names import name_error

_KNOWN_ERRORS: Final = frozenset(
    {AmbiguousNumberError.key, NotANumberError.key, OldIvorianNumberError.key}
)
# Enough of what was typed to recognise it beside an error.
_LONGEST_SHOWN: Final = 40


class RecipientFlow(ConfigSubentryFlow):
    """Adds a recipient, and changes it."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._name = ""
        self._number = ""
        """E.164."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a recipient."""
        if user_input is None:
            return self._show("user", None, {})
        return self._take("user", user_input, None)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a recipient."""
        subentry = self._get_reconfigure_subentry()
        if user_input is None:
            known = {**subentry.data, CONF_NAME: recipient_name(subentry)}
            return self._show("reconfigure", known, {})
        return self._take("reconfigure", user_input, subentry)

    async def async_step_fixed_line(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a number that no SMS arrives at, once that was read."""
        return self._finish()

    async def async_step_voice_only(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a number for messages that are read out, once that was read."""
        return self._finish()

    def _take(
        self, step: str, user_input: dict[str, Any], changed: ConfigSubentry | None
    ) -> SubentryFlowResult:
        """Take a filled-in form."""
        if errors := self._errors(user_input, changed):
            return self._show(step, user_input, errors)
        is_known = changed is not None and changed.data[CONF_PHONE] == self._number
        if is_known or not receives_no_sms(self._number):
            return self._finish()
        gateways = gateways_of(self.hass, self._get_entry().data)
        speaks = any(issubclass(gateway, SpeaksMessages) for gateway in gateways)
        return self.async_show_form(
            step_id="voice_only" if speaks else "fixed_line",
            description_placeholders={"number": self._number},
        )

    @callback
    def _finish(self) -> SubentryFlowResult:
        """Keep the recipient, and show the number as it was understood."""
        data = {CONF_NAME: self._name, CONF_PHONE: self._number}
        understood = {"number": self._number}
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(
                title=self._name,
                data=data,
                description=self._last_page,
                description_placeholders=understood,
                unique_id=self._number,
            )
        self.hass.config_entries.async_update_subentry(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=self._name,
            data=data,
            unique_id=self._number,
        )
        return self.async_abort(
            reason="reconfigure_successful", description_placeholders=understood
        )

    @property
    def _last_page(self) -> str | None:
        """Which page ends the form; that of an account's first recipient tells more.

        Home Assistant shows none for the account itself: it goes on to this form.
        """
        entry = self._get_entry()
        is_first = not entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        return "first" if is_first and not is_relay(entry.data) else None

    def _errors(
        self, user_input: dict[str, Any], changed: ConfigSubentry | None
    ) -> dict[str, str]:
        """Return what is wrong with a recipient's name and number, and remember them."""
        if errors := too_long(user_input):
            return errors
        entry = self._get_entry()
        self._name = tidied(user_input[CONF_NAME])
        try:
            self._number = parse_number(
                user_input[CONF_PHONE], entry.data[CONF_COUNTRY]
            )
        except InvalidRecipientError as error:
            key = error.key if error.key in _KNOWN_ERRORS else InvalidRecipientError.key
            return {CONF_PHONE: key}
        if (wrong := name_error(entry, self._name, changed)) is not None:
            return {CONF_NAME: wrong}
        others = {
            subentry.data[CONF_PHONE]
            for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
            if changed is None or subentry.subentry_id != changed.subentry_id
        }
        if self._number in others:
            return {CONF_PHONE: "already_configured"}
        return {}

    @callback
    def _show(
        self, step: str, values: dict[str, Any] | None, errors: dict[str, str]
    ) -> SubentryFlowResult:
        told = {"country": self._get_entry().data[CONF_COUNTRY]}
        if errors and values is not None:
            told["typed"] = trimmed(values[CONF_PHONE])[:_LONGEST_SHOWN]
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(RECIPIENT_FORM, values),
            errors=errors,
            description_placeholders=told,
        )
