"""The parts of an account that outlive it: one budget each, whoever asks."""

from typing import Any

import pytest

from custom_components.passerelle_sms.entries.factory import (
    async_get_budget,
    async_rename_budget,
    make_gateway,
)
from custom_components.passerelle_sms.entries.settings import GatewaySettings
from homeassistant.core import HomeAssistant

LOGIN = {
    "gateway": "envoyer_sms_pro",
    "username": "maison",
    "password": "s3cret",
    "url": "https://www.envoyersmspro.com/api/",
    "verify_ssl": True,
}


def settings(**changes: Any) -> GatewaySettings:
    """Return the settings of an account."""
    return GatewaySettings.of({**LOGIN, **changes}, {})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"password": "an0ther"},
        {"url": "http://127.0.0.1/", "verify_ssl": False},
        {"sender": "MAISON"},
        {"username": " maison "},
    ],
)
async def test_an_account_has_one_budget(
    hass: HomeAssistant, changes: dict[str, Any]
) -> None:
    """Whatever else is known of it: the gateway counts by account."""
    budget = make_gateway(hass, settings()).budget

    assert budget is not None
    assert make_gateway(hass, settings(**changes)).budget is budget


@pytest.mark.parametrize("changes", [{"username": "autre"}, {"account_id": "504"}])
async def test_another_account_has_another_budget(
    hass: HomeAssistant, changes: dict[str, Any]
) -> None:
    """Also one of several behind the same login; with none chosen, the login's own."""
    budget = async_get_budget(hass, settings())

    assert async_get_budget(hass, settings(**changes)) is not budget


async def test_where_nobody_counts_there_is_no_budget(hass: HomeAssistant) -> None:
    """Nothing is refused there."""
    uncounted = settings(gateway="etech_keys")

    assert async_get_budget(hass, uncounted) is None
    assert make_gateway(hass, uncounted).budget is None


async def test_a_budget_goes_on_under_another_name(hass: HomeAssistant) -> None:
    """The only account behind a login gets an id when there is a second one."""
    unnamed, named = settings(), settings(account_id="1")
    budget = async_get_budget(hass, unnamed)

    async_rename_budget(hass, unnamed.identity, named.identity)

    assert async_get_budget(hass, named) is budget
    assert async_get_budget(hass, unnamed) is not budget


async def test_what_was_never_counted_has_no_other_name(hass: HomeAssistant) -> None:
    """The budget that there is stays."""
    named = settings(account_id="1")
    async_rename_budget(hass, settings().identity, named.identity)
    budget = async_get_budget(hass, named)
    async_rename_budget(hass, settings().identity, named.identity)

    assert async_get_budget(hass, named) is budget
