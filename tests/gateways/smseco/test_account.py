"""SMSECO: what an account holds, and the senders that are registered."""

from datetime import date
from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    OperationUnknownError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Simulator
from tests.simulator.smseco import NumberStyle
from tests.simulator.smseco_request import BodyReading

from .samples import BURKINA, ERRORS, account, last_request

# --- balance ------------------------------------------------------------------


@pytest.mark.parametrize("style", NumberStyle)
@pytest.mark.parametrize("reading", BodyReading)
async def test_asks_for_the_balance(
    simulator: Simulator,
    client: GatewayMaker,
    style: NumberStyle,
    reading: BodyReading,
) -> None:
    """Section IV-1-3: the account alone, and credits, day and consumption back."""
    simulator.smseco.number_style = style
    simulator.smseco.body_reading = reading
    gateway = client(simulator.smseco)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))

    balance = await gateway.balance()

    request = simulator.smseco.requests[-1]
    assert (request.method, request.path) == ("POST", "json/getbalance/")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body.removeprefix("JSON=")) == {
        "compte": {
            "login": simulator.smseco.username,
            "password": simulator.smseco.password,
        }
    }
    assert balance == Balance(
        credits=Decimal(999), expires=date(2027, 12, 31), consumption=Decimal(1)
    )


@pytest.mark.parametrize(
    ("accountid", "account_id"),
    [
        ("3182", "3182"),
        (3182, "3182"),
        (" 3182 ", "3182"),
        ("CI-3182", "CI-3182"),
        ("", ""),
        ("0", ""),
        (0, ""),
        (None, ""),
        (True, ""),
        (["3182"], ""),
        ("3182\n3183", ""),
        ("3" * 65, ""),
    ],
)
async def test_tells_which_account_it_is(
    simulator: Simulator, client: GatewayMaker, accountid: object, account_id: str
) -> None:
    """Section IV-1, `accountid`: "Votre Identifiant smseco", whatever the login."""
    simulator.smseco.account_id = accountid
    simulator.smseco.other_logins = {"toto@toto.fr"}
    gateway = client(simulator.smseco)

    balance = await gateway.balance()

    assert balance.account_id == account_id
    assert "3182" not in repr(balance)


async def test_every_kind_of_login_opens_the_same_account(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """E-mail address, mobile number or identifier (section V-2-1)."""
    simulated = simulator.smseco
    ids = [(await client(simulated).balance()).account_id]
    for login in ("toto@toto.fr", "22507352518", "3182"):
        simulated.other_logins.add(simulated.username)
        simulated.username = login
        ids.append((await client(simulated).balance()).account_id)

    assert ids == ["3182"] * 4


@pytest.mark.parametrize(
    ("expire", "expires"),
    [
        ("2027-12-31", date(2027, 12, 31)),
        (" 2027-12-31 23:59 ", date(2027, 12, 31)),
        ("2027-12-31T23:59:59+00:00", date(2027, 12, 31)),
        ("2027/12/31", date(2027, 12, 31)),
        ("31/12/2027", date(2027, 12, 31)),
        ("31-12-2027 23:59:59", date(2027, 12, 31)),
        ("5.1.2028", date(2028, 1, 5)),
        ("31/12/2027 à 23h59", date(2027, 12, 31)),
        ("0000-00-00 00:00:00", None),
        ("12/31/2027", None),
        ("2027-12-311", None),
        ("illimité", None),
        ("", None),
        (1830211200, None),
        (None, None),
    ],
)
async def test_reads_the_day_the_credits_lapse(
    simulator: Simulator, client: GatewayMaker, expire: object, expires: date | None
) -> None:
    """The document gives no form for `expire`: what is no date is none."""
    simulator.smseco.answer_next(
        json.dumps({"statut": "0", "credits": "12,5", "expire": expire, "cumul": "x"})
    )

    balance = await client(simulator.smseco).balance()

    assert balance == Balance(credits=Decimal("12.5"), expires=expires)


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        *(
            (200, {"statut": code, "texte": ""}, error)
            for code, error in ERRORS.items()
        ),
        (200, {"accountid": "", "statut": "-4", "text": "Echec"}, AuthenticationError),
        (200, {"statut": -4, "texte": "", "messages": "\n"}, AuthenticationError),
        (403, {"statut": -12, "texte": "Compte non actif"}, AccountInactiveError),
        (200, {"statut": 0}, UnreadableAnswerError),
        (200, {"statut": 0, "credits": "beaucoup"}, UnreadableAnswerError),
        (200, {"statut": 1, "credits": "12"}, UnreadableAnswerError),
        (200, {"credits": "12"}, UnreadableAnswerError),
        (200, [], UnreadableAnswerError),
        (404, {}, OperationUnknownError),
        (502, {"statut": 0, "credits": "12"}, GatewayBrokenError),
    ],
)
async def test_says_why_there_is_no_balance(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    answer: object,
    error: type[GatewayError],
) -> None:
    """A code of section IV-1, a status, or nothing that can be read."""
    simulator.smseco.answer_next(json.dumps(answer), status=status)

    with pytest.raises(GatewayError) as raised:
        await client(simulator.smseco).balance()

    assert type(raised.value) is error


# --- senders ------------------------------------------------------------------


async def test_asks_for_the_senders(simulator: Simulator, client: GatewayMaker) -> None:
    """Section IV-2-3: the account alone, and the names back."""
    simulator.smseco.senders = {"MAISON", "ALERTE"}

    assert await account(client, simulator).senders() == ("ALERTE", "MAISON")

    [request] = simulator.smseco.requests
    assert (request.method, request.path) == ("POST", "json/getsenders/")
    assert last_request(simulator.smseco) == {}


@pytest.mark.parametrize(
    ("senders", "names"),
    [
        (["MAISON", "ALERTE"], ("MAISON", "ALERTE")),
        ([{"sender": "MAISON"}, {"SENDER": "ALERTE"}], ("MAISON", "ALERTE")),
        ({"sender": ["MAISON", "ALERTE"]}, ("MAISON", "ALERTE")),
        ([{"sender": ["MAISON", "ALERTE"]}], ("MAISON", "ALERTE")),
        ({"sender": "MAISON"}, ("MAISON",)),
        ("MAISON", ("MAISON",)),
        (["  MAISON ", "", " ", None, "ALERTE", "MAISON"], ("MAISON", "ALERTE")),
        ([1, True, {"nom": "MAISON"}, ["MAISON"], {"sender": {}}], ("MAISON",)),
        ([], ()),
        ({}, ()),
        ({"sender": None}, ()),
        ("\n", ()),
        (None, ()),
    ],
)
async def test_reads_every_list_of_senders(
    simulator: Simulator,
    client: GatewayMaker,
    senders: object,
    names: tuple[str, ...],
) -> None:
    """Section IV-2-1 shows XML's only: each name once, in order."""
    simulator.smseco.answer_next(json.dumps({"statut": "0", "senders": senders}))

    assert await account(client, simulator).senders() == names


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        *(
            (200, {"accountid": "", "statut": code, "text": "", "senders": ""}, error)
            for code, error in ERRORS.items()
        ),
        (200, {"statut": 0}, UnreadableAnswerError),
        (200, {"statut": 1, "senders": ["MAISON"]}, UnreadableAnswerError),
        (200, {"senders": ["MAISON"]}, UnreadableAnswerError),
        (200, ["MAISON"], UnreadableAnswerError),
        (404, {}, OperationUnknownError),
        (502, {"statut": 0, "senders": ["MAISON"]}, GatewayBrokenError),
    ],
)
async def test_says_why_there_are_no_senders(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    answer: object,
    error: type[GatewayError],
) -> None:
    """A code of section IV-2, a status, or nothing that can be read."""
    simulator.smseco.answer_next(json.dumps(answer), status=status)

    with pytest.raises(GatewayError) as raised:
        await account(client, simulator).senders()

    assert type(raised.value) is error


async def test_the_simulator_tells_its_senders_to_nobody_else(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A wrong password."""
    gateway = account(client, simulator)
    simulator.smseco.password = "changed"

    with pytest.raises(AuthenticationError):
        await gateway.senders()
