"""123-SMS.net: the address book that the gateway keeps."""

from collections.abc import Awaitable, Callable
from datetime import date
import json

import pytest

from custom_components.passerelle_sms.gateways.abilities.account import ManagesContacts
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    ContactExistsError,
    GatewayBrokenError,
    GatewayError,
    GroupExistsError,
    GroupNotEmptyError,
    InvalidNameError,
    InvalidRequestError,
    NoAnswerError,
    OperationUnknownError,
    UnknownContactError,
    UnknownGroupError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Contact
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.gateway import PAGE
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_contacts import CONTACT_PATHS
from tests.simulator.sms123_wire import AnswerStyle

MAMAN = "+33612345678"
PAPA = "+33712345678"

type Asking = Callable[[Sms123], Awaitable[None]]


def contact(number: str = MAMAN, *groups: str) -> Contact:
    """Return a contact of which nothing is known but the number."""
    return Contact(number=number, groups=groups or ("Famille",))


ASKING: dict[str, Asking] = {
    "add_group": lambda gateway: gateway.add_group("Famille"),
    "rename_group": lambda gateway: gateway.rename_group("Famille", "Proches"),
    "delete_group": lambda gateway: gateway.delete_group("Famille"),
    "add_contact": lambda gateway: gateway.add_contact(contact()),
    "update_contact": lambda gateway: gateway.update_contact(MAMAN, contact(PAPA)),
    "delete_contact": lambda gateway: gateway.delete_contact(MAMAN, "Famille"),
}
EVERY_OPERATION = pytest.mark.parametrize("operation", ASKING)

# "Codes retour" of each operation; `None` is a success. -3 is the balance's.
COMMON: dict[str, type[GatewayError] | None] = {
    "-1": InvalidRequestError,
    "-2": GatewayBrokenError,
    "-3": OperationUnknownError,
    "501": AuthenticationError,
    "502": AuthenticationError,
    "505": AuthenticationError,
}
TABLES: dict[str, dict[str, type[GatewayError] | None]] = {
    "add_group": {**COMMON, "513": GroupExistsError, "514": None},
    # 517 is the deletion's.
    "rename_group": {
        **COMMON,
        "513": GroupExistsError,
        "514": None,
        "517": UnknownGroupError,
    },
    "delete_group": {
        **COMMON,
        "515": GroupNotEmptyError,
        "516": None,
        "517": UnknownGroupError,
    },
    "add_contact": {**COMMON, "506": ContactExistsError, "507": None},
    # 506 is the addition's, 508 and 510 are the deletion's.
    "update_contact": {
        **COMMON,
        "506": ContactExistsError,
        "507": None,
        "508": UnknownContactError,
        "510": UnknownContactError,
    },
    "delete_contact": {
        **COMMON,
        "508": UnknownContactError,
        "509": None,
        "510": UnknownContactError,
    },
}
CODES = ["-3", "-2", "-1", "80", "92", "94", *map(str, range(500, 520))]


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    assert isinstance(gateway, ManagesContacts)
    return gateway


# --- what goes out --------------------------------------------------------------


@pytest.mark.parametrize(
    ("asking", "path", "asked"),
    [
        (ASKING["add_group"], "api/group/add/", {"groupe": "Famille"}),
        (
            ASKING["rename_group"],
            "api/group/upd/",
            {"groupe": "Famille", "groupe_upd": "Proches"},
        ),
        (ASKING["delete_group"], "api/group/del/", {"groupe": "Famille"}),
        (
            lambda gateway: gateway.add_contact(
                Contact(
                    number=MAMAN,
                    groups=("Famille", "Voisins de l'eau"),
                    name="Ngo Bassa",
                    first_name="Thérèse",
                    company="Maison",
                    birthday=date(1968, 2, 12),
                    variables=("un", "deux", "trois"),
                )
            ),
            "api/contact/add/",
            {
                "groupe": "Famille--Voisins de l'eau",
                "numero": "33612345678",
                "nom": "Ngo Bassa",
                "prenom": "Thérèse",
                "societe": "Maison",
                "datea": "120268",
                "v1": "un",
                "v2": "deux",
                "v3": "trois",
            },
        ),
        (
            ASKING["add_contact"],
            "api/contact/add/",
            {"groupe": "Famille", "numero": "33612345678"},
        ),
        (
            lambda gateway: gateway.update_contact(
                MAMAN,
                Contact(
                    number=PAPA,
                    groups=("Famille",),
                    name="",
                    birthday=date(2005, 12, 1),
                    variables=(None, "deux", None),
                ),
            ),
            "api/contact/upd/",
            {
                "groupe": "Famille",
                "numeroa": "33612345678",
                "numero": "33712345678",
                "nom": "",
                "datea": "011205",
                "v2": "deux",
            },
        ),
        (
            ASKING["delete_contact"],
            "api/contact/del/",
            {"numero": "33612345678", "groupe": "Famille"},
        ),
        (
            lambda gateway: gateway.delete_contact(MAMAN),
            "api/contact/del/",
            {"numero": "33612345678"},
        ),
    ],
)
async def test_asks_as_the_document_does(
    simulated: SimulatedSms123,
    gateway: Sms123,
    asking: Asking,
    path: str,
    asked: dict[str, str],
) -> None:
    """JSON, and what isn't known isn't there: an empty value would be a value."""
    simulated.answer_next("505")
    with pytest.raises(AuthenticationError):
        await asking(gateway)

    [request] = simulated.requests
    assert (request.method, request.path, request.query) == ("POST", path, {})
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert json.loads(request.body) == {
        "email": simulated.username,
        "pass": simulated.api_key,
        **asked,
    }


# --- what the address book does -------------------------------------------------


async def test_groups_come_and_go(simulated: SimulatedSms123, gateway: Sms123) -> None:
    """514, 513, 516 and 517."""
    groups = simulated.address_book.groups
    await gateway.add_group("Famille")
    await gateway.add_group("Voisins")
    with pytest.raises(GroupExistsError):
        await gateway.add_group("Famille")

    await gateway.rename_group("Famille", "Proches")
    assert set(groups) == {"Voisins", "Proches"}
    with pytest.raises(GroupExistsError):
        await gateway.rename_group("Proches", "Voisins")

    await gateway.delete_group("Voisins")
    with pytest.raises(UnknownGroupError):
        await gateway.delete_group("Voisins")
    assert set(groups) == {"Proches"}


async def test_contacts_come_and_go(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """507, 506, 509, 508, 510, and 515 for a group that isn't empty."""
    groups = simulated.address_book.groups
    for name in ("Famille", "Voisins", "Autres"):
        await gateway.add_group(name)
    await gateway.add_contact(contact(MAMAN, "Famille", "Voisins"))
    with pytest.raises(ContactExistsError):
        await gateway.add_contact(contact(MAMAN, "Autres", "Voisins"))
    with pytest.raises(GroupNotEmptyError):
        await gateway.delete_group("Famille")

    await gateway.update_contact(MAMAN, contact(PAPA, "Famille"))
    assert groups == {
        "Famille": {"33712345678": {}},
        "Voisins": {"33612345678": {}},
    } | {"Autres": {}}

    with pytest.raises(UnknownContactError):
        await gateway.delete_contact(MAMAN, "Famille")
    await gateway.delete_contact(PAPA, "Famille")
    await gateway.delete_contact(MAMAN)
    with pytest.raises(UnknownContactError):
        await gateway.delete_contact(MAMAN)
    assert groups == {"Famille": {}, "Voisins": {}, "Autres": {}}


async def test_what_the_document_has_no_code_for(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """A group or a contact that isn't there, where only a deletion has a code for it."""
    for asking in (
        ASKING["rename_group"],
        ASKING["add_contact"],
        ASKING["update_contact"],
    ):
        with pytest.raises(InvalidRequestError):
            await asking(gateway)

    assert simulated.address_book.groups == {}


# --- names ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asking", "shown"),
    [
        (lambda gateway: gateway.add_group(""), ""),
        (lambda gateway: gateway.add_group(" \u00a0"), " \u00a0"),
        (lambda gateway: gateway.add_group("Eau--Feu"), "Eau--Feu"),
        (lambda gateway: gateway.rename_group("Eau--Feu", "Eau"), "Eau--Feu"),
        (lambda gateway: gateway.rename_group("Eau", ""), ""),
        (lambda gateway: gateway.delete_group("--"), "--"),
        (lambda gateway: gateway.add_contact(Contact(number=MAMAN)), ""),
        (lambda gateway: gateway.add_contact(contact(MAMAN, "Eau", " ")), "Eau-- "),
        (
            lambda gateway: gateway.add_contact(contact(MAMAN, "Eau--Feu", "Air")),
            "Eau--Feu--Air",
        ),
        # Read from the left this is "Eau" and "-Feu".
        (
            lambda gateway: gateway.add_contact(contact(MAMAN, "Eau-", "Feu")),
            "Eau---Feu",
        ),
        (
            lambda gateway: gateway.update_contact(MAMAN, contact(PAPA, "Eau", "Feu")),
            "Eau--Feu",
        ),
        (lambda gateway: gateway.update_contact(MAMAN, Contact(number=PAPA)), ""),
        (lambda gateway: gateway.delete_contact(MAMAN, ""), ""),
        (lambda gateway: gateway.delete_contact(MAMAN, "Eau--Feu"), "Eau--Feu"),
        # A name may be somebody's number.
        (lambda gateway: gateway.add_group("--33612345678"), "--***78"),
        (lambda gateway: gateway.add_group("--" * 999), "--" * 250),
    ],
)
async def test_refuses_a_name_before_asking(
    simulated: SimulatedSms123, gateway: Sms123, asking: Asking, shown: str
) -> None:
    """`--` stands between names, and a name is needed."""
    with pytest.raises(InvalidNameError) as raised:
        await asking(gateway)

    assert raised.value.details == {"name": shown, "longest": ""}
    assert simulated.requests == []


@pytest.mark.parametrize(
    "name", ["a", "Ma famille", "Eau-Feu", "-", "É & Ç", "x" * 999]
)
async def test_takes_any_other_name(
    simulated: SimulatedSms123, gateway: Sms123, name: str
) -> None:
    """The document sets no bound."""
    await gateway.add_group(name)
    await gateway.add_group("Autres")
    await gateway.add_contact(contact(MAMAN, "Autres", name))

    assert simulated.address_book.groups == {
        name: {"33612345678": {}},
        "Autres": {"33612345678": {}},
    }


# --- answers --------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", ["%", '"%"', '{"code": %}', "<sms><code>%</code></sms>"]
)
@EVERY_OPERATION
async def test_each_operation_has_its_own_codes(
    simulated: SimulatedSms123, gateway: Sms123, operation: str, form: str
) -> None:
    """Its table and nothing else: another one's success is an unreadable answer."""
    told: dict[str, type[GatewayError] | None] = {}
    for code in CODES:
        simulated.answer_next(form.replace("%", code))
        try:
            await ASKING[operation](gateway)
        except GatewayError as error:
            told[code] = type(error)
        else:
            told[code] = None

    assert told == {
        code: TABLES[operation].get(code, UnreadableAnswerError) for code in CODES
    }
    assert simulated.asked(operation) == len(simulated.requests) == len(CODES)


@EVERY_OPERATION
async def test_keeps_the_code_and_the_words(
    simulated: SimulatedSms123, gateway: Sms123, operation: str
) -> None:
    """Beside our own error, in French."""
    for code in TABLES[operation].keys() - {"507", "509", "514", "516"}:
        simulated.answer_next(code)
        with pytest.raises(GatewayError) as raised:
            await ASKING[operation](gateway)
        assert raised.value.code == code
        assert (raised.value.words or "").startswith("Erreur")


@pytest.mark.parametrize("style", AnswerStyle)
async def test_understands_every_style_of_answer(
    simulated: SimulatedSms123, gateway: Sms123, style: AnswerStyle
) -> None:
    """As after a message."""
    simulated.answer_style = style

    for asking in (ASKING["add_group"], ASKING["add_contact"]):
        await asking(gateway)
    with pytest.raises(ContactExistsError):
        await gateway.add_contact(contact())
    await gateway.delete_contact(MAMAN)
    await gateway.delete_group("Famille")
    assert simulated.address_book.groups == {}


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        ("514 Succès : le groupe est enregistré", True),
        ("514 - le groupe est enregistré", True),
        ("514 Succès", True),
        ("514 groupes", False),
        ("514 le groupe est modifié", False),
        ('{"groupe": "514"}', False),
        ('{"code": 514, "erreur": "groupe"}', False),
        ("[514, 513]", False),
        # Only the codes of a message are seen with a reference behind them.
        ("51412345", False),
        ("8012345", False),
    ],
)
async def test_leaves_what_is_in_doubt(
    simulated: SimulatedSms123, gateway: Sms123, answer: str, done: bool
) -> None:
    """The same care as with a message."""
    simulated.answer_next(answer)

    try:
        await gateway.add_group("Famille")
    except UnreadableAnswerError:
        assert not done
    else:
        assert done


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (404, PAGE, OperationUnknownError),
        (405, "", OperationUnknownError),
        (415, PAGE, OperationUnknownError),
        (401, PAGE, AuthenticationError),
        (400, "513", GroupExistsError),
        (400, "514", UnreadableAnswerError),
        (500, "514", GatewayBrokenError),
        (500, "513", GatewayBrokenError),
    ],
)
async def test_no_older_form_is_known(
    simulated: SimulatedSms123,
    gateway: Sms123,
    status: int,
    answer: str,
    error: type[GatewayError],
) -> None:
    """One request, whatever comes, and the status weighs as it does for a message."""
    simulated.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await gateway.add_group("Famille")

    assert type(raised.value) is error
    assert [request.path for request in simulated.requests] == ["api/group/add/"]


@EVERY_OPERATION
async def test_asks_again_where_it_was_told_no(
    simulated: SimulatedSms123, gateway: Sms123, operation: str
) -> None:
    """A gateway without the address book may have one tomorrow."""
    simulated.documented_api = False
    for _ in range(2):
        with pytest.raises(OperationUnknownError):
            await ASKING[operation](gateway)

    assert [request.path for request in simulated.requests] == (
        [CONTACT_PATHS[operation]] * 2
    )


@EVERY_OPERATION
async def test_wrong_credentials(
    simulated: SimulatedSms123, gateway: Sms123, operation: str
) -> None:
    """505."""
    simulated.api_key = "another"

    with pytest.raises(AuthenticationError):
        await ASKING[operation](gateway)


@EVERY_OPERATION
async def test_an_answer_that_is_lost(
    simulated: SimulatedSms123, gateway: Sms123, operation: str
) -> None:
    """It may have been done, and is asked for once."""
    simulated.fail(Fault.CUT_AFTER)

    with pytest.raises(NoAnswerError) as raised:
        await ASKING[operation](gateway)

    assert raised.value.outcome is Outcome.UNKNOWN
    assert simulated.asked(operation) == 1


async def test_nobody_is_shown(gateway: Sms123, simulated: SimulatedSms123) -> None:
    """A page that shows the whole request."""
    simulated.answer_next(f"<p>pass={simulated.api_key} numero=33612345678</p>")

    with pytest.raises(UnreadableAnswerError) as raised:
        await gateway.add_contact(contact())

    for text in (str(raised.value), str(gateway.last_unreadable), repr(contact())):
        assert simulated.api_key not in text
        assert "612345678" not in text
