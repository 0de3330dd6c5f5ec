"""Adds an account, and mends it: nothing is kept that the gateway has not proved."""

from collections.abc import Mapping
from typing import Any

from yarl import URL

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_URL
from homeassistant.core import callback
from homeassistant.util import slugify

from ..const import (
    CONF_ACCOUNT_ID,
    CONF_ALONE,
    CONF_GATEWAY,
    CONF_SENDER,
    CONF_TOLD_ACCOUNT_ID,
    DOMAIN,
)
from ..entries.kinds import account_entries
from ..entries.settings import gateway_class, has_same_login, is_same_account, unique_id
from ..gateways.errors import (
    CannotConnectError,
    GatewayError,
    InvalidSenderError,
    TlsFailedError,
)
from ..gateways.gateway import Gateway
from ..gateways.model.account import SubAccount
from ..messaging.invisible import trimmed
from ..webhook import with_webhook_id
from .account_check import (
    InvalidUrlError,
    Proof,
    async_list_senders,
    async_prove,
    async_prove_chosen,
    base_url,
    changed,
    form_error,
    secured,
    without_account,
)
from .forms import (
    account_form,
    flattened,
    reauthentication_form,
    reconfigure_form,
    sender_form,
    sub_account_form,
    too_long,
    without_secrets,
    words_of,
)


class AccountFlow(ConfigFlow):
    """The steps that add, reauthenticate and reconfigure an account."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._data: dict[str, Any] = {}
        """The account as the form describes it."""
        self._options: dict[str, Any] = {}
        """What the form asks for and can be changed later; only of a new account."""
        self._shown: dict[str, Any] | None = None
        """What the form held, to be shown again beside an error."""
        self._error: GatewayError | None = None
        """What was wrong last, for what a form says of it."""
        self._accounts: tuple[SubAccount, ...] = ()
        """Those to choose from."""
        self._is_only = False
        """Whether the login opens no other account."""
        self._senders: tuple[str, ...] = ()

    async def async_step_insecure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask before any credential leaves in clear."""
        if user_input is None:
            return self.async_show_form(
                step_id="insecure",
                description_placeholders={
                    **words_of(self._gateway),
                    "host": URL(self._data[CONF_URL]).host or "",
                },
            )
        return await self._async_prove_and_finish()

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose one of several accounts behind the same credentials."""
        errors: dict[str, str] = {}
        if user_input is not None:
            named = {**without_account(self._data), **user_input}
            try:
                # What an entry without an id has counted, it has for this account.
                known = named if (entry := self._entry) is None else entry.data
                self._data = await async_prove_chosen(self.hass, known, named)
            except GatewayError as error:
                errors = self._wrong(error)
            else:
                return await self._async_check_sender()
        return self.async_show_form(
            step_id="account",
            data_schema=sub_account_form(self._accounts),
            errors=errors,
            description_placeholders=words_of(self._gateway, self._error),
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin again with credentials that the gateway no longer takes."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the secret again."""
        entry = self._get_reauth_entry()
        fields = flattened(user_input or {})
        self._data = changed(entry.data, fields)
        errors = too_long(fields)
        if user_input is not None and not errors:
            try:
                return await self._async_go_on(await async_prove(self.hass, self._data))
            except GatewayError as error:
                errors = self._wrong(error)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=reauthentication_form(
                self._gateway, with_account_id=bool(errors)
            ),
            errors=errors,
            description_placeholders=words_of(self._gateway, self._error),
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change an account: everything but whose it is."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            self._data = dict(entry.data)
            return self._show_account_form({})
        return await self._async_take(
            gateway_class(entry.data), user_input, known=entry.data
        )

    async def async_fill_in(
        self, gateway: type[Gateway], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Fill in the form of one gateway: the step of that gateway's name."""
        self._data[CONF_GATEWAY] = gateway.key
        if user_input is None:
            return self._show_account_form({})
        return await self._async_take(gateway, user_input, known={})

    async def _async_take(
        self,
        gateway: type[Gateway],
        user_input: dict[str, Any],
        *,
        known: Mapping[str, Any],
    ) -> ConfigFlowResult:
        """Take a filled-in form, over what is known of the account already."""
        self._shown = user_input
        fields = flattened(user_input)
        if CONF_ALONE in fields:
            self._options = {CONF_ALONE: fields.pop(CONF_ALONE)}
        self._data = changed(known, {CONF_GATEWAY: gateway.key, **fields})
        errors = too_long(fields)
        try:
            self._data[CONF_URL] = base_url(self._data[CONF_URL])
            gateway.sender_rule.check(self._data.get(CONF_SENDER))
        except InvalidUrlError:
            errors["base"] = "invalid_url"
        except InvalidSenderError:
            errors[CONF_SENDER] = "invalid_sender"
        if errors:
            return self._show_account_form(errors)
        return await self._async_choose_address(known.get(CONF_URL))

    async def _async_choose_address(self, known_url: str | None) -> ConfigFlowResult:
        """Prefer TLS; ask before doing without, unless that was agreed to before."""
        url = URL(self._data[CONF_URL])
        if url.scheme == "https" or str(url) == known_url:
            return await self._async_prove_and_finish()
        if url == self._gateway.default_url:
            try:
                proof = await async_prove(self.hass, secured(self._data))
            except CannotConnectError, TlsFailedError:
                # Only here: whatever answers over TLS is never to be asked without.
                return await self.async_step_insecure()
            except GatewayError as error:
                return self._show_account_form(self._wrong(error))
            return await self._async_go_on(proof)
        return await self.async_step_insecure()

    async def _async_prove_and_finish(self) -> ConfigFlowResult:
        """Prove the account, choosing among several, and keep it."""
        try:
            return await self._async_go_on(await async_prove(self.hass, self._data))
        except GatewayError as error:
            return self._show_account_form(self._wrong(error))

    async def _async_go_on(self, proof: Proof) -> ConfigFlowResult:
        """Go on with what a gateway says of an account."""
        self._data, self._is_only = proof.data, proof.is_only
        self._accounts = proof.choices
        if self._accounts:
            return await self.async_step_account()
        return await self._async_check_sender()

    async def _async_finish(self) -> ConfigFlowResult:
        if (entry := self._entry) is not None:
            return self._async_keep(entry)
        return await self._async_create()

    @property
    def _entry(self) -> ConfigEntry | None:
        """The entry that is mended; `None` of a new account."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_entry()
        return None

    @callback
    def _wrong(self, error: GatewayError) -> dict[str, str]:
        """Return what a form says of an error."""
        self._error = error
        return {"base": form_error(error)}

    async def _async_create(self) -> ConfigFlowResult:
        await self.async_set_unique_id(unique_id(self._data), raise_on_progress=False)
        self._abort_if_unique_id_configured()
        # One that was added before its gateway had told which account it is.
        if self._is_only and any(
            has_same_login(entry.data, self._data)
            for entry in account_entries(self.hass)
        ):
            return self.async_abort(reason="already_configured")
        return self.async_create_entry(
            title=self._free_title(),
            data=with_webhook_id(self._data),
            options=self._options,
        )

    @callback
    def _async_keep(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Keep what was proved; a loaded account goes by it at once."""
        if not is_same_account(entry.data, self._data):
            return self.async_abort(reason="another_account")
        new_id = unique_id(self._data)
        holder = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, new_id
        )
        if holder is not None and holder is not entry:
            if self._data.get(CONF_TOLD_ACCOUNT_ID) is None:
                return self.async_abort(reason="already_configured")
            # Two entries are one account, as the user has been told: this one still may
            # have its password mended.
            new_id = entry.unique_id or new_id
        return self.async_update_and_abort(entry, unique_id=new_id, data=self._data)

    @callback
    def _show_account_form(self, errors: dict[str, str]) -> ConfigFlowResult:
        gateway = self._gateway
        if self.source == SOURCE_RECONFIGURE:
            step, schema = "reconfigure", reconfigure_form(gateway, self._data)
        else:
            country = _proposed_country(gateway, self.hass.config.country)
            step, schema = gateway.key, account_form(gateway, country)
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                schema, self._shown or without_secrets(self._data)
            ),
            errors=errors,
            description_placeholders=words_of(gateway, self._error),
        )

    def _free_title(self) -> str:
        """Return a title that gives the account a notify service of its own."""
        chosen = self._data.get(CONF_ACCOUNT_ID)
        name = next(
            (known.name for known in self._accounts if known.account_id == chosen), ""
        )
        wanted = f"{self._gateway.name} {name}".strip()
        taken = {slugify(entry.title) for entry in self._async_current_entries()}
        title, number = wanted, 2
        while slugify(title) in taken:
            title, number = f"{wanted} {number}", number + 1
        return title

    async def async_step_sender(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a registered sender, or insist on one that was registered just now."""
        errors: dict[str, str] = {}
        if user_input is not None:
            sender = trimmed(user_input[CONF_SENDER])
            try:
                self._gateway.sender_rule.check(sender)
            except InvalidSenderError:
                errors[CONF_SENDER] = "invalid_sender"
            else:
                self._data[CONF_SENDER] = sender
                return await self._async_finish()
        return self.async_show_form(
            step_id="sender",
            data_schema=sender_form(self._senders),
            errors=errors,
            description_placeholders={
                **words_of(self._gateway),
                "sender": self._data[CONF_SENDER],
            },
        )

    @property
    def _gateway(self) -> type[Gateway]:
        return gateway_class(self._data)

    async def _async_check_sender(self) -> ConfigFlowResult:
        """Finish, unless the gateway doesn't know the sender."""
        sender = self._data.get(CONF_SENDER)
        if sender and self.source != SOURCE_REAUTH:
            self._senders = await async_list_senders(self.hass, self._data)
        if self._senders and sender not in self._senders:
            return await self.async_step_sender()
        return await self._async_finish()


def _proposed_country(gateway: type[Gateway], house: str | None) -> str:
    """Return whose national numbers an account reads: the house's, if it may send there."""
    return house if house in gateway.other_countries else gateway.region
