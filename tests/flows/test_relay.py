"""Adding a relay, and changing it."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.recipients.names import is_name, tidied
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.util import slugify
from tests.conftest import MAMAN, PAPA, suggested_values
from tests.groups import add_group

from .relays import (
    add_account_entry,
    add_relay_entry,
    choices,
    fill_in,
    open_menu,
    open_reconfiguration,
    open_relay_form,
)

TANTE = "+237699128531"


@pytest.fixture(autouse=True)
def _no_setup() -> Iterator[None]:
    """Let the entries be no more than entries."""
    integration = "custom_components.passerelle_sms"
    with (
        patch(f"{integration}.async_setup_entry", return_value=True),
        patch(f"{integration}.async_unload_entry", return_value=True),
    ):
        yield


def shown(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what an open form shows beside its errors."""
    assert form["type"] is FlowResultType.FORM
    return suggested_values(form)


async def test_the_menu_offers_a_relay_once_there_are_two_accounts(
    hass: HomeAssistant,
) -> None:
    """Enabled or not; a relay is no account."""
    assert (await open_menu(hass))["menu_options"] == list(GATEWAYS)
    account = add_account_entry(hass, "ETECH KEYS")
    add_relay_entry(hass, "Alertes", account)
    assert (await open_menu(hass))["menu_options"] == list(GATEWAYS)

    add_account_entry(hass, "SMSECO", "smseco", disabled=True)

    assert (await open_menu(hass))["menu_options"] == [*GATEWAYS, "relay"]


@pytest.mark.parametrize("order", [*permutations(range(3)), (2, 0)])
async def test_the_accounts_keep_the_order_in_which_they_are_chosen(
    hass: HomeAssistant, order: tuple[int, ...]
) -> None:
    """And the entry holds what it was told, no more."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux", "Trois")]
    chosen = [accounts[place].entry_id for place in order]
    form = await open_relay_form(hass)

    result = await fill_in(
        hass, form, name="  Mes\u200b   alertes ", accounts=chosen, country="CI"
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Mes\u200b alertes"
    assert entry.data == {
        "gateway": "relay",
        "name": entry.title,
        "accounts": chosen,
        "country": "CI",
    }
    assert entry.options == {}
    assert entry.unique_id is None
    titles = ", ".join(accounts[place].title for place in order)
    assert result["description"] == "relay"
    assert result["description_placeholders"] == {"accounts": titles}


async def test_the_form_shows_every_account_as_the_user_knows_it(
    hass: HomeAssistant,
) -> None:
    """With its gateway where the title doesn't tell; the first one's country."""
    first = add_account_entry(hass, "ETECH KEYS", country="BF")
    others = [
        add_account_entry(hass, "ETECH KEYS maison", country="CM"),
        add_account_entry(hass, "Secours", "smseco", country="CI", disabled=True),
        add_account_entry(hass, "DevCodeSMS", "devcodesms"),
        add_account_entry(hass, "DevCodeSMS", "devcodesms"),
    ]
    add_relay_entry(hass, "Alertes", first, others[0])

    form = await open_relay_form(hass)

    assert choices(form, "accounts") == [
        (first.entry_id, "ETECH KEYS"),
        (others[0].entry_id, "ETECH KEYS maison"),
        (others[1].entry_id, "Secours (SMSECO)"),
        (others[2].entry_id, "DevCodeSMS (DevCodeSMS)"),
        (others[3].entry_id, "DevCodeSMS (DevCodeSMS)"),
    ]
    schema = form["data_schema"]
    assert schema is not None
    [country] = [marker for marker in schema.schema if marker == "country"]
    assert country.default() == "BF"


async def test_the_chosen_accounts_can_be_dragged(hass: HomeAssistant) -> None:
    """As chips in the order in which they were chosen, never sorted."""
    for name in ("Un", "Deux"):
        add_account_entry(hass, name)
    form = await open_relay_form(hass)
    schema = form["data_schema"]
    assert schema is not None

    sent = schema.schema["accounts"].serialize()["selector"]["select"]

    expected = {"multiple": True, "mode": "dropdown", "sort": False, "reorder": True}
    assert expected.items() <= sent.items()
    assert [option["label"] for option in sent["options"]] == [
        "Un (ETECH KEYS)",
        "Deux (ETECH KEYS)",
    ]


@pytest.mark.parametrize(
    ("places", "error"),
    [
        ([], "too_few_accounts"),
        ([1], "too_few_accounts"),
        ([0, 0], "account_twice"),
        ([0, 1, 0], "account_twice"),
    ],
)
async def test_says_what_is_wrong_with_the_accounts_and_recovers(
    hass: HomeAssistant, places: list[int], error: str
) -> None:
    """Beside the field, and everything stays as it was filled in."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    ids = [account.entry_id for account in accounts]
    chosen = [ids[place] for place in places]

    form = await fill_in(
        hass,
        await open_relay_form(hass),
        name="Alertes",
        accounts=chosen,
        country="FR",
    )

    assert form["errors"] == {"accounts": error}
    assert shown(form) == {"name": "Alertes", "accounts": chosen, "country": "FR"}
    result = await fill_in(hass, form, name="Alertes", accounts=ids, country="FR")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name"),
        (" \u200b ", "invalid_name"),
        ("!!!", "invalid_name"),
        ("695688207", "invalid_name"),
        ("Tel 699128531", "invalid_name"),
        ("+237 695 68 82 07", "invalid_name"),
        ("A" * 201, "too_long"),
        ("9" * 201, "too_long"),
        ("ETECH KEYS", "name_taken"),
        ("  étech-keys ", "name_taken"),
        ("Alertes!", "name_taken"),
    ],
)
async def test_says_what_is_wrong_with_the_name_and_recovers(
    hass: HomeAssistant, name: str, error: str
) -> None:
    """The service of an account, or of another relay, would have the same name."""
    accounts = [add_account_entry(hass, name) for name in ("ETECH KEYS", "Deux")]
    add_relay_entry(hass, "Alertes", *accounts)
    chosen = [account.entry_id for account in accounts]
    form = await open_relay_form(hass)

    form = await fill_in(hass, form, name=name, accounts=chosen, country="CM")

    assert form["errors"] == {"name": error}
    result = await fill_in(hass, form, name="A" * 200, accounts=chosen, country="CM")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "A" * 200


async def test_all_that_is_wrong_is_said_at_once(hass: HomeAssistant) -> None:
    """Of every field."""
    for name in ("Un", "Deux"):
        add_account_entry(hass, name)
    form = await open_relay_form(hass)

    form = await fill_in(hass, form, name="Un", accounts=[], country="CM")

    assert form["errors"] == {"name": "name_taken", "accounts": "too_few_accounts"}


async def test_an_account_that_has_gone_meanwhile_is_no_longer_shown(
    hass: HomeAssistant,
) -> None:
    """What else was filled in stays; no form can be answered with another's account."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux", "Trois")]
    ids = [account.entry_id for account in accounts]
    form = await open_relay_form(hass)
    await hass.config_entries.async_remove(ids[1])

    form = await fill_in(hass, form, name="Alertes", accounts=ids, country="CM")

    assert form["errors"] == {"accounts": "account_gone"}
    assert shown(form)["accounts"] == [ids[0], ids[2]]
    assert [value for value, _ in choices(form, "accounts")] == [ids[0], ids[2]]
    with pytest.raises(InvalidData):
        await fill_in(hass, form, name="Alertes", accounts=ids, country="CM")


async def test_a_relay_is_no_account_of_a_relay(hass: HomeAssistant) -> None:
    """A message could go round for ever."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    relay = add_relay_entry(hass, "Alertes", *accounts)
    form = await open_relay_form(hass)

    with pytest.raises(InvalidData):
        await fill_in(
            hass,
            form,
            name="Autres",
            accounts=[accounts[0].entry_id, relay.entry_id],
            country="CM",
        )


async def test_without_accounts_there_is_no_form(hass: HomeAssistant) -> None:
    """One may have gone since the menu was shown, or since the form was."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    ids = [account.entry_id for account in accounts]
    menu, form = await open_menu(hass), await open_relay_form(hass)
    await hass.config_entries.async_remove(ids[1])

    for result in (
        await fill_in(hass, form, name="Alertes", accounts=ids, country="CM"),
        await fill_in(hass, menu, next_step_id="relay"),
    ):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "too_few_accounts"


async def _recipients_form(
    hass: HomeAssistant, **first: Any
) -> tuple[ConfigFlowResult, list[str]]:
    """Return the form with the recipients of two accounts, and the accounts."""
    one = add_account_entry(hass, "Un", recipients={"Maman": MAMAN, "Papa": PAPA})
    two = add_account_entry(
        hass, "Deux", recipients={"Mère": MAMAN, "PAPA": TANTE}, disabled=True
    )
    ids = [one.entry_id, two.entry_id]
    fields = {"name": "Alertes", "accounts": ids, "country": "CM", **first}
    form = await fill_in(hass, await open_relay_form(hass), **fields)
    assert form["step_id"] == "relay_recipients"
    assert form["description_placeholders"] == {"relay": fields["name"]}
    return form, ids


async def test_the_recipients_of_its_accounts_are_copied(hass: HomeAssistant) -> None:
    """All, unless told; each number once, each name once; and no form for a first one."""
    form, ids = await _recipients_form(hass)
    assert [label for _, label in choices(form, "recipients")] == [
        f"Maman ({MAMAN}, Un)",
        f"Papa ({PAPA}, Un)",
        f"PAPA 2 ({TANTE}, Deux)",
    ]

    result = await fill_in(hass, form)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [
        (one.subentry_type, one.title, dict(one.data), one.unique_id)
        for one in result["result"].subentries.values()
    ] == [
        ("recipient", name, {"name": name, "phone": number}, number)
        for name, number in (("Maman", MAMAN), ("Papa", PAPA), ("PAPA 2", TANTE))
    ]
    assert "next_flow" not in result
    assert not hass.config_entries.subentries.async_progress()
    for account_id, count in zip(ids, (2, 2), strict=True):
        account = hass.config_entries.async_get_entry(account_id)
        assert account is not None
        assert len(account.subentries) == count


async def test_the_form_shows_all_recipients_as_chosen(hass: HomeAssistant) -> None:
    """So that whoever just goes on has them."""
    form, _ = await _recipients_form(hass)

    schema = form["data_schema"]
    assert schema is not None
    [marker] = schema.schema
    assert marker.default() == [value for value, _ in choices(form, "recipients")]


async def test_only_the_chosen_recipients_are_copied(hass: HomeAssistant) -> None:
    """In the order of the accounts, whatever that of the choice."""
    form, _ = await _recipients_form(hass)
    (maman, _), _, (tante, _) = choices(form, "recipients")

    result = await fill_in(hass, form, recipients=[tante, maman])

    copied = result["result"].subentries.values()
    assert [one.unique_id for one in copied] == [MAMAN, TANTE]


async def test_groups_are_copied_with_their_recipients(hass: HomeAssistant) -> None:
    """Those of which everybody was chosen; the copies are in it, not those copied."""
    form, ids = await _recipients_form(hass)
    account = hass.config_entries.async_get_entry(ids[0])
    assert account is not None
    await add_group(hass, account, "Famille", "Papa", "Maman")
    await add_group(hass, account, "Mère", "Maman")
    (maman, _), _, _ = choices(form, "recipients")

    result = await fill_in(hass, form, recipients=[maman])

    copied, group = result["result"].subentries.values()
    assert (group.subentry_type, group.title) == ("group", "Mère")
    assert group.data == {"name": "Mère", "recipients": [copied.subentry_id]}
    assert copied.subentry_id != maman


async def test_the_order_of_the_accounts_is_that_of_their_recipients(
    hass: HomeAssistant,
) -> None:
    """The first account's name of a number counts."""
    one = add_account_entry(hass, "Un", recipients={"Maman": MAMAN})
    two = add_account_entry(hass, "Deux", recipients={"Mère": MAMAN})
    form = await fill_in(
        hass,
        await open_relay_form(hass),
        name="Alertes",
        accounts=[two.entry_id, one.entry_id],
        country="CM",
    )

    assert [label for _, label in choices(form, "recipients")] == [
        f"Mère ({MAMAN}, Deux)"
    ]


async def test_a_relay_without_recipients_goes_on_to_its_first(
    hass: HomeAssistant,
) -> None:
    """Whether there is none to copy or none was chosen."""
    form, ids = await _recipients_form(hass)
    others = [add_account_entry(hass, name).entry_id for name in ("Trois", "Quatre")]

    without_choice = await fill_in(hass, form, recipients=[])
    without_any = await fill_in(
        hass,
        await open_relay_form(hass),
        name="Autres",
        accounts=others,
        country="CM",
    )

    for result in (without_choice, without_any):
        assert result["type"] is FlowResultType.CREATE_ENTRY
        entry_id = result["result"].entry_id
        [flow] = hass.config_entries.subentries.async_progress_by_handler(
            (entry_id, "recipient")
        )
        assert result["next_flow"] == ("config_subentries_flow", flow["flow_id"])
    assert ids == without_choice["result"].data["accounts"]


async def test_recipients_are_copied_as_they_were_shown(hass: HomeAssistant) -> None:
    """Though one is changed meanwhile."""
    form, ids = await _recipients_form(hass)
    account = hass.config_entries.async_get_entry(ids[0])
    assert account is not None
    first, second = account.subentries.values()
    hass.config_entries.async_remove_subentry(account, first.subentry_id)
    hass.config_entries.async_update_subentry(account, second, title="Père")

    result = await fill_in(hass, form)

    copied = result["result"].subentries.values()
    assert [one.title for one in copied] == ["Maman", "Papa", "PAPA 2"]


async def test_an_account_that_goes_while_recipients_are_chosen(
    hass: HomeAssistant,
) -> None:
    """The first form comes again; what is right then goes through."""
    third = add_account_entry(hass, "Trois")
    form, ids = await _recipients_form(hass)
    await hass.config_entries.async_remove(ids[1])

    form = await fill_in(hass, form)

    assert form["step_id"] == "relay"
    assert form["errors"] == {"accounts": "account_gone"}
    form = await fill_in(
        hass, form, name="Alertes", accounts=[third.entry_id, ids[0]], country="CM"
    )
    result = await fill_in(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(result["result"].subentries) == 2


async def test_a_name_that_is_given_while_recipients_are_chosen(
    hass: HomeAssistant,
) -> None:
    """To a relay of a form that was open beside this one."""
    form, ids = await _recipients_form(hass)
    beside = await fill_in(
        hass,
        await open_relay_form(hass),
        name="alertes",
        accounts=ids,
        country="CM",
    )
    await fill_in(hass, beside)

    form = await fill_in(hass, form)

    assert form["step_id"] == "relay"
    assert form["errors"] == {"name": "name_taken"}


async def test_changes_the_accounts_their_order_and_the_country(
    hass: HomeAssistant,
) -> None:
    """The name is the title, which may have been changed since."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux", "Trois")]
    ids = [account.entry_id for account in accounts]
    relay = add_relay_entry(hass, "Alertes", *accounts[:2], recipients={"Maman": MAMAN})
    hass.config_entries.async_update_entry(relay, title="Secours")
    form = await open_reconfiguration(hass, relay)
    assert form["step_id"] == "reconfigure_relay"
    assert shown(form) == {"accounts": ids[:2], "country": "CM"}
    assert form["description_placeholders"] == {"relay": "Secours"}

    result = await fill_in(hass, form, accounts=ids[::-1], country="FR")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert relay.data == {
        "gateway": "relay",
        "name": "Secours",
        "accounts": ids[::-1],
        "country": "FR",
    }
    assert relay.title == "Secours"
    assert len(relay.subentries) == 1


@pytest.mark.parametrize(
    ("places", "error"),
    [([], "too_few_accounts"), ([1], "too_few_accounts"), ([1, 1], "account_twice")],
)
async def test_says_what_is_wrong_with_changed_accounts_and_recovers(
    hass: HomeAssistant, places: list[int], error: str
) -> None:
    """And changes nothing until it is right."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    ids = [account.entry_id for account in accounts]
    relay = add_relay_entry(hass, "Alertes", *accounts)
    chosen = [ids[place] for place in places]
    form = await open_reconfiguration(hass, relay)

    form = await fill_in(hass, form, accounts=chosen, country="FR")

    assert form["errors"] == {"accounts": error}
    assert shown(form) == {"accounts": chosen, "country": "FR"}
    assert relay.data["accounts"] == ids
    await fill_in(hass, form, accounts=ids[::-1], country="CM")
    assert relay.data["accounts"] == ids[::-1]


async def test_a_changed_relay_leaves_out_an_account_that_has_gone(
    hass: HomeAssistant,
) -> None:
    """Gone before, it isn't shown; gone meanwhile, that is said."""
    accounts = [
        add_account_entry(hass, name) for name in ("Un", "Deux", "Trois", "Quatre")
    ]
    ids = [account.entry_id for account in accounts]
    relay = add_relay_entry(hass, "Alertes", *accounts[:3])
    await hass.config_entries.async_remove(ids[1])
    form = await open_reconfiguration(hass, relay)
    assert shown(form)["accounts"] == [ids[0], ids[2]]
    await hass.config_entries.async_remove(ids[0])

    form = await fill_in(hass, form, accounts=[ids[2], ids[0]], country="CM")

    assert form["errors"] == {"accounts": "account_gone"}
    assert shown(form)["accounts"] == [ids[2]]
    await fill_in(hass, form, accounts=ids[2:], country="CM")
    assert relay.data["accounts"] == ids[2:]


async def test_a_relay_of_the_last_account_needs_another_to_be_changed(
    hass: HomeAssistant,
) -> None:
    """There is nothing to choose."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    relay = add_relay_entry(hass, "Alertes", *accounts)
    await hass.config_entries.async_remove(accounts[0].entry_id)

    result = await open_reconfiguration(hass, relay)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "too_few_accounts"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=st.text(max_size=220) | st.from_regex(r"[+\d\s.()A-zé-]{0,60}"))
async def test_any_name_makes_a_relay_or_is_refused(
    hass: HomeAssistant, name: str
) -> None:
    """Tidy, no number, and with a service of its own."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)
    accounts = [add_account_entry(hass, name) for name in ("ETECH KEYS", "A")]
    ids = [account.entry_id for account in accounts]
    form = await open_relay_form(hass)

    result = await fill_in(hass, form, name=name, accounts=ids, country="CM")

    is_taken = slugify(tidied(name)) in {"etech_keys", "a"}
    if result["type"] is FlowResultType.CREATE_ENTRY:
        assert result["title"] == tidied(name)
        assert is_name(result["title"])
        assert len(result["title"]) <= 200
        assert not is_taken
        return
    [(field, error)] = (result["errors"] or {}).items()
    assert field == "name"
    expected = "name_taken" if is_taken else "invalid_name"
    is_long = len(tidied(name)) > 200
    assert error == ("too_long" if is_long else expected)
    assert is_long or is_taken or not is_name(tidied(name))
    hass.config_entries.flow.async_abort(form["flow_id"])
