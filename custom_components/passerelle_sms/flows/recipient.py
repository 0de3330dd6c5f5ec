"""Adds a recipient to an account: a name, and a number that can be sent to."""

from typing import Any

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_COUNTRY, CONF_NAME
from homeassistant.core import callback
from homeassistant.util import slugify

from ..const import CONF_PHONE, SUBENTRY_RECIPIENT
from ..entries.settings import is_name, recipient_name
from ..gateways.errors import (
    InvalidRecipientError,
    NotANumberError,
    OldIvorianNumberError,
)
from ..messaging.recipients.phone_numbers import parse_number
from .forms import RECIPIENT_FORM

_KNOWN_ERRORS = frozenset({NotANumberError.key, OldIvorianNumberError.key})


class RecipientFlow(ConfigSubentryFlow):
    """Adds a recipient, and changes it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a recipient."""
        errors: dict[str, str] = {}
        if user_input is not None:
            name, number, errors = self._checked(user_input, None)
            if not errors:
                return self.async_create_entry(
                    title=name,
                    data={CONF_NAME: name, CONF_PHONE: number},
                    unique_id=number,
                )
        return self._show("user", user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a recipient."""
        subentry = self._get_reconfigure_subentry()
        if user_input is None:
            known = {**subentry.data, CONF_NAME: recipient_name(subentry)}
            return self._show("reconfigure", known, {})
        name, number, errors = self._checked(user_input, subentry)
        if errors:
            return self._show("reconfigure", user_input, errors)
        return self.async_update_and_abort(
            self._get_entry(),
            subentry,
            title=name,
            data={CONF_NAME: name, CONF_PHONE: number},
            unique_id=number,
        )

    def _checked(
        self, user_input: dict[str, Any], changed: ConfigSubentry | None
    ) -> tuple[str, str, dict[str, str]]:
        """Return a recipient's name and E.164 number, and what is wrong with them."""
        entry = self._get_entry()
        name = " ".join(user_input[CONF_NAME].split())
        try:
            number = parse_number(user_input[CONF_PHONE], entry.data[CONF_COUNTRY])
        except InvalidRecipientError as error:
            key = error.key if error.key in _KNOWN_ERRORS else InvalidRecipientError.key
            return name, "", {CONF_PHONE: key}
        others = [
            subentry
            for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
            if changed is None or subentry.subentry_id != changed.subentry_id
        ]
        if not is_name(name):
            return name, number, {CONF_NAME: "invalid_name"}
        # The name is part of a service's: two that differ only in accents would clash.
        if slugify(name) in {slugify(recipient_name(other)) for other in others}:
            return name, number, {CONF_NAME: "name_taken"}
        if number in {other.data[CONF_PHONE] for other in others}:
            return name, number, {CONF_PHONE: "already_configured"}
        return name, number, {}

    @callback
    def _show(
        self, step: str, values: dict[str, Any] | None, errors: dict[str, str]
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(RECIPIENT_FORM, values),
            errors=errors,
            description_placeholders={"country": self._get_entry().data[CONF_COUNTRY]},
        )
