"""`docs/gateways.md` says what the code says."""

from collections.abc import Iterator, Mapping
import inspect
from pathlib import Path
import re
from typing import Final

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.abilities import (
    account as account_abilities,
    delivery as delivery_abilities,
    options as option_abilities,
)
from custom_components.passerelle_sms.gateways.abilities.account import (
    ChecksNumbers,
    KeepsStopList,
    ListsAccounts,
    ListsSenders,
    ListsTransactions,
    ManagesAccounts,
    ManagesContacts,
)
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    CancelsByContent,
    CancelsMessages,
    ListsSentMessages,
    PushedAnswer,
    PushedReport,
    PushesDelivery,
    PushesDeliveryOnRequest,
    ReceivesReplies,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.abilities.options import (
    DONE_HERE,
    OPTION_ABILITIES,
    AddsStopMention,
    PersonalisesMessages,
    RefusesDuplicates,
    SchedulesMessages,
    SellsLongMessages,
    SendsFlash,
    SpeaksMessages,
    TagsMessages,
    TakesOwnOptions,
    TriesMessages,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.envoyer_sms_pro import (
    codes as envoyer_refusals,
)
from custom_components.passerelle_sms.gateways.envoyer_sms_pro.delivery import (
    STATES as ENVOYER_SMS_PRO_STATES,
)
from custom_components.passerelle_sms.gateways.errors import (
    GatewayBrokenError,
    GatewayError,
    NothingNewError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.options import LONGEST_TAG
from custom_components.passerelle_sms.gateways.sms123 import (
    codes as contact_codes,
    codes as sms123_codes,
)
from custom_components.passerelle_sms.gateways.smseco import codes as smseco_codes
from custom_components.passerelle_sms.services import async_setup_services
from homeassistant.core import HomeAssistant

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "gateways.md"
NAMES: Final = [gateway.name for gateway in GATEWAYS.values()]
NOTHING: Final = "–"
HERE: Final = "here"
_DONE_HERE: Final = {OPTION_ABILITIES[option] for option in DONE_HERE}

# What the rows of the tables are called that are about an ability.
LABELS: Final[dict[type, str]] = {
    AddsStopMention: "STOP mention",
    CancelsByContent: "take back one whose answer was lost",
    CancelsMessages: "take back what was to be sent later",
    ChecksNumbers: "check of numbers (HLR)",
    KeepsStopList: "STOP list",
    ListsAccounts: "several accounts behind one login",
    ListsSenders: "registered senders",
    ListsSentMessages: "sent messages are listed",
    ListsTransactions: "transactions",
    ManagesAccounts: "open, close and fill accounts",
    ManagesContacts: "address book",
    PersonalisesMessages: "mail merge",
    PushesDelivery: "delivery is pushed",
    PushesDeliveryOnRequest: "delivery is pushed only if a message asks",
    ReceivesReplies: "replies",
    RefusesDuplicates: "the same text only once a day",
    SchedulesMessages: "send later",
    SellsLongMessages: "long messages are bought",
    SendsFlash: "flash",
    SpeaksMessages: "voice, to a fixed line",
    TagsMessages: "tag for statistics",
    TakesOwnOptions: "options of its own",
    TellsDeliveryOnce: "delivery is told only once",
    TracksDelivery: "delivery is asked for",
    TriesMessages: "test without sending",
}


# What an error is called that is none to whoever asked, and so stands there in words.
IN_WORDS: Final[dict[type[GatewayError], str]] = {
    NothingNewError: "nothing new: no error",
    GatewayBrokenError: "`unknown`",
}


def meanings(section: str) -> dict[str, str]:
    """Return what a section says of each code, from all tables of codes in it."""
    text = DOCUMENT.read_text("utf-8").split(f"\n## {section}")[1].split("\n## ")[0]
    found: dict[str, str] = {}
    for line in text.splitlines():
        left, _, right = line.strip("| ").partition(" | | ")
        for half in (left, right):
            codes, *said = (cell.strip() for cell in half.split("|"))
            if re.fullmatch(r"[−E\d, ]+", codes):
                for code in codes.split(", "):
                    found[code.replace("−", "-")] = " ".join(said)
    return found


def rows() -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield the rows of the tables by gateway: label, cells, and what stands behind."""
    heading: list[str] = []
    for line in DOCUMENT.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            heading = []
        elif not heading:
            heading = cells
        elif heading[1 : len(NAMES) + 1] == NAMES and not line.startswith("|-"):
            told = dict(zip(NAMES, cells[1:], strict=False))
            yield cells[0], told, " ".join(cells[len(NAMES) + 1 :])


@pytest.fixture(scope="module")
def table() -> dict[str, tuple[Mapping[str, str], str]]:
    """Return the rows by their labels: each stands there once."""
    found = [(label, (told, reached)) for label, told, reached in rows()]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_no_ability_is_left_out() -> None:
    """A new one gets a row."""
    known = {
        held
        for module in (account_abilities, delivery_abilities, option_abilities)
        for held in vars(module).values()
        if inspect.isclass(held) and held.__module__ == module.__name__
    }

    assert known - {PushedAnswer, PushedReport} == LABELS.keys()


@pytest.mark.parametrize("ability", LABELS, ids=lambda ability: ability.__name__)
def test_an_ability_is_ticked_for_those_that_have_it(
    table: Mapping[str, tuple[Mapping[str, str], str]], ability: type
) -> None:
    """And for no others; what is done here where it is lacking says so."""
    told, _ = table[LABELS[ability]]
    otherwise = HERE if ability in _DONE_HERE else NOTHING

    for gateway in GATEWAYS.values():
        is_able = issubclass(gateway, ability)
        assert (told[gateway.name] not in {HERE, NOTHING}) is is_able
        assert is_able or told[gateway.name] == otherwise


@pytest.mark.parametrize(("option", "ability"), OPTION_ABILITIES.items())
def test_the_field_of_an_option_stands_beside_it(
    table: Mapping[str, tuple[Mapping[str, str], str]], option: str, ability: type
) -> None:
    """By its name in `send_sms`."""
    _, reached = table[LABELS[ability]]

    assert f"field `{option}`" in reached


async def test_every_action_is_in_the_tables(
    hass: HomeAssistant, table: Mapping[str, tuple[Mapping[str, str], str]]
) -> None:
    """None is there that doesn't exist, and none is missing."""
    async_setup_services(hass)
    reached = " ".join(reached for _, reached in table.values())
    fields = set(re.findall(r"field `(\w+)`", reached))

    assert set(re.findall(r"`(\w+)`", reached)) - fields == set(
        hass.services.async_services_for_domain(DOMAIN)
    )


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)
def test_the_options_of_one_gateway_are_named(
    table: Mapping[str, tuple[Mapping[str, str], str]], gateway: type[Gateway]
) -> None:
    """All of them, and only where they are known."""
    told, _ = table[LABELS[TakesOwnOptions]]
    own = gateway.own_options if issubclass(gateway, TakesOwnOptions) else {}

    assert re.findall(r"`(\w+)`", told[gateway.name]) == list(own)


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)
def test_limits(
    table: Mapping[str, tuple[Mapping[str, str], str]], gateway: type[Gateway]
) -> None:
    """As numbers; what stands behind them explains."""
    limits, rule = gateway.limits, gateway.sender_rule
    segments = f"{limits.segments}"
    if issubclass(gateway, SellsLongMessages):
        segments = f"1, or {segments} with the option for long messages"
    sender = f"{rule.shortest} to {rule.longest}"
    told = {label: cells[gateway.name] for label, (cells, _) in table.items()}

    assert told["recipients in one request"] == str(limits.recipients_per_request)
    assert told["requests at once"] == str(limits.concurrency)
    assert told["requests in an hour"].split(",")[0] == str(
        limits.requests_per_hour or NOTHING
    )
    assert told["segments of one message"] == segments
    assert told["sender"] == (sender if rule.required else f"none, or {sender}")
    assert told["minutes between two polls of the balance"] == str(
        int(limits.minimum_poll.total_seconds() // 60)
    )
    assert told["documented address"].split(":")[0] == gateway.default_url.scheme


def test_other_bounds_are_those_of_the_code() -> None:
    """The tag, and the name of an account."""
    text = DOCUMENT.read_text("utf-8")
    assert f"A tag: any text of 1 to {LONGEST_TAG} characters" in text
    for gateway in GATEWAYS.values():
        if issubclass(gateway, TagsMessages):
            assert f"{gateway.tag_length} letters and digits at {gateway.name}." in text
        if issubclass(gateway, ManagesAccounts):
            assert f"account: {gateway.account_name_length} characters." in text
        if issubclass(gateway, AddsStopMention):
            assert f"`{gateway.stop_mention.strip()}` on a line of its own" in text


def test_the_codes_of_smseco() -> None:
    """Each error, and each state with whether it is billed."""
    told = meanings("SMSECO")
    expected = {
        str(code): IN_WORDS.get(kind, f"`{kind.key}`")
        for code, kind in smseco_codes.ERRORS.items()
    }
    expected |= {
        str(code): f"`{status}` {'yes' if is_billed else 'no'}"
        for code, (status, is_billed) in smseco_codes.STATES.items()
    }

    assert told == expected


def test_the_codes_of_envoyer_sms_pro() -> None:
    """Each error; the states have the same numbers and stand behind."""
    text = DOCUMENT.read_text("utf-8")

    for code, kind in envoyer_refusals.ERRORS.items():
        assert re.search(
            rf"^\| ([\d, ]+, )?{code}(, \d+)* \| `{kind.key}`", text, re.MULTILINE
        )
    for status_id, status in ENVOYER_SMS_PRO_STATES.items():
        assert re.search(rf"\| \| ([\d, ]+, )?{status_id}(, \d)* \| `{status}`", text)


def test_the_codes_of_123_sms() -> None:
    """Each refusal by its name, each success in words."""
    told = meanings("123-SMS.net")
    tables = (
        sms123_codes.SEND_CODES,
        contact_codes.ADD_GROUP_CODES,
        contact_codes.DELETE_GROUP_CODES,
        contact_codes.ADD_CONTACT_CODES,
        contact_codes.DELETE_CONTACT_CODES,
    )
    known = {code: meaning.error for table in tables for code, meaning in table.items()}
    # In use and not in the document; what a message is answered differs from the table,
    # which is about a deletion and a test.
    unlisted = {"86", "98", "99", "100"}
    special = {"92", "94", "95", "-1", "-3"}

    documented = {*known, *sms123_codes.BALANCE_CODES} - unlisted - {"E96"}
    assert {code for code in told if code.strip()} == documented
    for code, kind in known.items():
        if code not in unlisted | special and kind is not None:
            assert IN_WORDS.get(kind, f"`{kind.key}`") in told[code], code
