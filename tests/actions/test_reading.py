"""The fields of a call, read after it is known that the caller may."""

from datetime import timedelta
from decimal import Decimal
import logging
import time
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.passerelle_sms.actions.message_fields import (
    OPTION_FIELDS,
    TARGET_FIELD,
    TEXT_FIELDS,
    to_message,
)
from custom_components.passerelle_sms.actions.quoting import quoted
from custom_components.passerelle_sms.actions.reading import read_fields
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
    Recipient,
)
from custom_components.passerelle_sms.services import MODULES
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers.template import Template
from homeassistant.helpers.translation import async_get_translations
from tests.conftest import AccountMaker, warnings_logged
from tests.messages import send
from tests.simulator import Simulator

from .calls import call

pytestmark = pytest.mark.usefixtures("socket_enabled")

FIELDS: Final = {**TEXT_FIELDS, **TARGET_FIELD, **OPTION_FIELDS}
ADMINISTRATED: Final = [
    action.name
    for module in MODULES
    for action in module.ACTIONS
    if not action.for_everybody
]


def read(**given: Any) -> dict[str, Any]:
    """Return the fields of a message as they are read."""
    return read_fields(FIELDS, {"message": "Citerne vide", **given}, "send_sms")


def refused(**given: Any) -> ServiceValidationError:
    """Return what is said of a message's fields."""
    with pytest.raises(ServiceValidationError) as raised:
        read(**given)
    return raised.value


@pytest.fixture
async def guest(hass: HomeAssistant) -> Context:
    """Return what a guest calls with."""
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    user = MockUser(groups=[group]).add_to_hass(hass)
    return Context(user_id=user.id)


@pytest.mark.parametrize("action", ADMINISTRATED)
async def test_who_may_not_is_told_nothing_else(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
    action: str,
) -> None:
    """Whatever he gives; and that costs nothing."""
    entry = await add_account(simulator.smseco)

    hostile: list[dict[str, Any]] = [
        {},
        {"limit": "1e3000000"},
        {"wrong": 1},
        {"config_entry_id": []},
    ]
    for fields in hostile:
        begun = time.process_time()
        with pytest.raises(Unauthorized):
            await call(hass, entry, action, context=guest, **fields)
        assert time.process_time() - begun < 0.5


async def test_a_power_that_nobody_works_out(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, guest: Context
) -> None:
    """Where a guest may ask, it is refused at once, in words."""
    entry = await add_account(simulator.smseco)

    begun = time.process_time()
    with pytest.raises(ServiceValidationError) as raised:
        await call(
            hass,
            entry,
            "get_delivery",
            message_id="1",
            limit="1e3000000",
            context=guest,
        )

    assert time.process_time() - begun < 0.5
    assert raised.value.translation_key == "field_not_number"
    assert str(raised.value) == (
        "“limit” is to be a whole number from 1 to 500, and “1e3000000” is none"
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "“outcome” is to be one of accepted, rejected"),
        ("fr", "«\u00a0outcome\u00a0» doit être un mot parmi accepted, rejected"),
    ],
)
async def test_what_is_wrong_is_said_in_the_language_of_the_house(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    language: str,
    sentence: str,
) -> None:
    """With what was typed, and without its number."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_messages", outcome="perdu +237 6 95 68 82 07")

    translations = await async_get_translations(
        hass, language, "exceptions", {"passerelle_sms"}
    )
    key = f"component.passerelle_sms.exceptions.{raised.value.translation_key}.message"
    told = translations[key].format(**raised.value.translation_placeholders or {})
    assert told.startswith(sentence)
    assert "perdu ***07" in told


@pytest.mark.parametrize(
    "entry_id", [None, "", [], {}, 12, True, "a" * 10**6, "\ud83d"], ids=quoted
)
async def test_an_account_that_is_none(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    entry_id: object,
) -> None:
    """Is said in words, too."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_senders", config_entry_id=entry_id)

    assert raised.value.translation_key


@pytest.mark.parametrize("empty", [None, "", "  \n", "\u200b", [], {}], ids=ascii)
@pytest.mark.parametrize(
    "field",
    [str(marker) for marker in FIELDS if str(marker) not in {"message", "target"}],
    ids=quoted,
)
def test_an_optional_field_left_empty_is_left_out(field: str, empty: object) -> None:
    """As a template that yields nothing leaves it."""
    assert read(**{field: empty}) == read()


@pytest.mark.parametrize("empty", [None, "", "  \n", "\u200b", [], {}], ids=ascii)
def test_a_target_left_empty_is_nobody(empty: object) -> None:
    """Everybody would pay for it, and read it."""
    assert read(target=empty)["target"] == ()
    assert "target" not in read()


@pytest.mark.parametrize(
    ("written", "targets"),
    [
        ("Maman", ("Maman",)),
        ("Maman, +237 6 99 12 85 31", ("Maman, +237 6 99 12 85 31",)),
        (237699128531, ("237699128531",)),
        (["Maman", None, True, ["Papa"]], ("Maman", "null", "true", "[…]")),
        ({"Papa"}, ("Papa",)),
        (["a"] * 1000, ("a",) * 1000),
    ],
    ids=quoted,
)
def test_targets(written: object, targets: tuple[str, ...]) -> None:
    """What is no text stays in its place: the others get the message."""
    assert read(target=written)["target"] == targets


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("[+687751234, +33612345678]", ["+687751234", "+33612345678"]),
        ("[ +687751234.0, 699128531 ]", ["+687751234", "+237699128531"]),
        ("+687751234, +33612345678", ["+687751234", "+33612345678"]),
        ("['Dupont, Marie', '+687751234']", ["Dupont, Marie", "+687751234"]),
        ("[0, True]", ["0", "true"]),
    ],
)
def test_targets_of_a_template_keep_their_plus(
    hass: HomeAssistant, written: str, reached: list[str]
) -> None:
    """Home Assistant makes numbers of them; without it one is somebody's at home."""
    rendered = Template("{{ x }}", hass).async_render({"x": written})
    assert not isinstance(rendered, str)
    book = AddressBook(
        [Recipient(number="+237699128542", name="Dupont, Marie")], country="CM"
    )

    resolved = book.resolve(read(target=rendered)["target"])

    assert [
        one.label if isinstance(one, Recipient) else one.target for one in resolved
    ] == reached


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (["a"] * 1001, "field_too_many"),
        ("a," * 1000, "field_too_many"),
        (["a;b"] * 501, "field_too_many"),
        ("a" * 100_001, "field_too_long"),
        (["a" * 101] * 1000, "field_too_long"),
        ({"Maman": 1}, "field_not_list"),
    ],
    ids=quoted,
)
def test_too_many_targets(written: object, key: str) -> None:
    """However they are written."""
    assert refused(target=written).translation_key == key


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"message": None}, "field_missing"),
        ({"message": "a" * 10_001}, "field_too_long"),
        ({"title": "a" * 1_001}, "field_too_long"),
        ({"sender": True}, "field_not_text"),
        ({"gateway_options": {"pid": 1.5}}, "field_not_option"),
        ({"gateway_options": {"pid": 10**5000}}, "field_not_option"),
        ({"gateway_options": dict.fromkeys(map(str, range(21)), 1)}, "field_too_many"),
        ({"personalisation": {"Maman": "Marie"}}, "field_not_mapping"),
        ({"personalisation": {number: {} for number in range(1001)}}, "field_too_many"),
        ({"personalisation": {"Maman": {"a": b"x"}}}, "field_not_text"),
        ({"colour": "red"}, "field_unknown"),
        ({"a" * 10**6: 1}, "field_unknown"),
        ({"wait_for_delivery": 1e300}, "field_not_length"),
    ],
    ids=quoted,
)
def test_what_is_refused(fields: dict[str, Any], key: str) -> None:
    """In words, that name the field and no number."""
    error = refused(**fields)

    assert error.translation_key == key
    for told in (error.translation_placeholders or {}).values():
        assert len(told) <= 40


def test_a_mail_merge_of_more_than_anybody_reads() -> None:
    """A field that stands often, with much in its place, for many."""
    values = {str(number): {"a": "x" * 100} for number in range(20)}
    fits = read(message="{a}" * 90, personalisation=values)
    floods = read(message="{a}" * 100, personalisation=values)

    assert len(to_message(fits, by_guest=False).personalisation) == 20
    with pytest.raises(ServiceValidationError) as raised:
        to_message(floods, by_guest=False)
    assert raised.value.translation_placeholders == {
        "field": "personalisation",
        "most": "200000",
        "value": "{…}",
    }


def test_a_mail_merge_of_more_than_anybody_writes() -> None:
    """Also of what the text doesn't ask for: it is not even read to its end."""
    values = {f"x{number}": "\ud800" * 1_000 for number in range(20)}
    flood = {f"{number}": values for number in range(1_000)}

    begun = time.process_time()
    error = refused(personalisation=flood)

    assert time.process_time() - begun < 0.5
    assert error.translation_key == "field_too_long"
    assert error.translation_placeholders == {
        "field": "personalisation",
        "most": "200000",
        "value": "{…}",
    }
    most = {f"{number}": {"x": "a" * (200 - 4)} for number in range(100, 1_000)}
    assert read(personalisation=most)["personalisation"] == most


def test_what_came_along_is_left_out() -> None:
    """A line end of YAML, or what a page had around it."""
    fields = read(sender="MAISON\n", tag=" citerne")

    assert (fields["sender"], fields["tag"]) == ("MAISON", "citerne")


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        (True, timedelta(minutes=2)),
        (False, timedelta()),
        (0, timedelta()),
        ({"minutes": 15}, timedelta(minutes=15)),
        ("on", timedelta(minutes=2)),
        (" True\n", timedelta(minutes=2)),
        ("off", timedelta()),
        ("1", timedelta(seconds=1)),
        ("0", timedelta()),
    ],
    ids=quoted,
)
def test_a_wait(written: object, wait: timedelta) -> None:
    """A length, or whether to wait at all."""
    assert read(wait_for_delivery=written)["wait_for_delivery"] == wait


async def test_a_time_that_is_too_long_loses_no_alert(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The longest is taken, and one warning tells which."""
    entry: MockConfigEntry = await add_account(simulator.smseco)
    simulator.smseco.credits = Decimal(0)

    await send(hass, entry, time_to_live="48:00:00", wait_for_delivery="00:00:00")
    read(time_to_live=10**9, wait_for_delivery={"minutes": 20})

    [record] = await entry.runtime_data.journal.find(JournalQuery())
    assert record.time_to_live == timedelta(hours=24)
    beginning = "send_sms was called with a time beyond the bounds, and goes on with the nearest: "
    assert [one for one in warnings_logged(caplog) if "bounds" in one] == [
        f"{beginning}time_to_live is 1 day, 0:00:00",
        f"{beginning}time_to_live is 1 day, 0:00:00, wait_for_delivery is 0:15:00",
    ]


def test_what_others_take_is_ignored_where_it_may_be(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With one line for who looks for it: names alone, and no number in them."""
    caplog.set_level(logging.DEBUG)
    data = {
        "image": "/secret.jpg",
        "push": {"sound": 1},
        "+237695688207": 1,
        "tag": "a",
    }

    options = read_fields(OPTION_FIELDS, data, "alarme", ignores_unknown=True)

    assert options == {"tag": "a"}
    [line] = [one for one in caplog.messages if "alarme" in one]
    assert line == "alarme does not know, and ignores: image, push, ***07"
