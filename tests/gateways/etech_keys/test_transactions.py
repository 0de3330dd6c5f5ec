"""ETECH KEYS: the last transactions (section B)."""

import json
from urllib.parse import quote_plus

import pytest

from custom_components.passerelle_sms.gateways.abilities.account import (
    ListsTransactions,
)
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InvalidOptionError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Transactions
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

CAMEROON = "+237695688207"
IVORY_COAST = "+2250757123456"
ROWS = (
    {"date": "2026-10-01", "numero": "695688207", "message": "Citerne vide"},
    {"date": "2026-10-02", "numero": "695688208", "message": ""},
)
UNNAMED = tuple(dict(zip(("1", "2", "3"), row.values(), strict=True)) for row in ROWS)
TABLE = """<table class="t"><thead><tr><th>date<th>numero<th>message</tr></thead><tr></tr>
<tr><td>2026-10-01</td> <td><b>695688207</b></td><td>Citerne
vide</td></tr>x<tr><td>2026-10-02<td>695688208<td></table>"""


async def ask(gateway: Gateway, count: int = 100) -> Transactions:
    """Return the last transactions."""
    assert isinstance(gateway, ListsTransactions)
    return await gateway.transactions(count)


async def test_asks_what_the_document_asks(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Login, password and how many."""
    await ask(client(simulator.etech_keys), 100)

    [request] = simulator.etech_keys.requests
    assert (request.method, request.path) == ("GET", "api_transaction.php")
    assert request.query == {
        "login": simulator.etech_keys.username,
        "password": simulator.etech_keys.password,
        "qte": "100",
    }


async def test_lists_what_was_sent(simulator: Simulator, client: GatewayMaker) -> None:
    """The last ones, with the numbers: they are for the account's owner."""
    gateway = client(simulator.etech_keys)
    for text in ("Un", "Deux <&>", "Trois, quatre"):
        await gateway.send(Sms(text=text, recipients=(CAMEROON, IVORY_COAST)))

    listed = await ask(gateway, 4)

    assert [
        (row["Destinataire"], row["Message"], row["SMS"]) for row in listed.rows
    ] == [
        ("2250757123456", "Trois, quatre", "1"),
        ("695688207", "Trois, quatre", "1"),
        ("2250757123456", "Deux <&>", "1"),
        ("695688207", "Deux <&>", "1"),
    ]
    # The login stands in the id.
    assert simulator.etech_keys.username not in str(listed)
    assert "695688207" not in listed.text


@pytest.mark.parametrize("count", [1, 1000])
async def test_asks_for_as_many_as_wanted(
    simulator: Simulator, client: GatewayMaker, count: int
) -> None:
    """Between one and a thousand."""
    await ask(client(simulator.etech_keys), count)

    assert simulator.etech_keys.requests[0].query["qte"] == str(count)


@pytest.mark.parametrize("count", [-1, 0, 1001])
async def test_refuses_other_counts_before_asking(
    simulator: Simulator, client: GatewayMaker, count: int
) -> None:
    """Bad input costs nothing."""
    with pytest.raises(InvalidOptionError) as raised:
        await ask(client(simulator.etech_keys), count)

    assert raised.value.details == {"option": "count", "allowed": "1 – 1000"}
    assert simulator.etech_keys.requests == []


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        # JSON: a list, or the first one that an object holds.
        (json.dumps(ROWS), ROWS),
        ("\ufeff" + json.dumps({"total": 2, "transactions": ROWS}), ROWS),
        (
            '[{"id": 124316118469568820764259, "sms": null, "ok": true, "x": [1.5]}]',
            (
                {
                    "id": "124316118469568820764259",
                    "sms": "",
                    "ok": "true",
                    "x": "[1.5]",
                },
            ),
        ),
        # HTML: tables, whether every tag is closed or not.
        (TABLE, ROWS),
        (f"<!DOCTYPE html><html><body><p>Bonjour</p>{TABLE}</body></html>", ROWS),
        ("<td>1<td>2", ({"1": "1", "2": "2"},)),
        # Lines, with names or without them.
        (
            "date;numero;message\n2026-10-01;695688207;Citerne  vide\n\n2026-10-02;695688208;",
            ROWS,
        ),
        (
            "2026-10-01|695688207|Citerne vide<br>2026-10-02|695688208| <BR />",
            UNNAMED,
        ),
        ("date\tnumero\tmessage\r\n2026-10-01\t695688207\tCiterne vide", ROWS[:1]),
        (
            '2026-10-01,695688207,Citerne vide\n2026-10-02,695688208,""',
            UNNAMED,
        ),
        (
            '2026-10-01,695688207,"Vide, vide"',
            ({"1": "2026-10-01", "2": "695688207", "3": "Vide, vide"},),
        ),
        # Names that are no names: one twice, one missing, one with a digit.
        (
            "a;a;b\n1;2;3",
            ({"1": "a", "2": "a", "3": "b"}, dict(zip("123", "123", strict=True))),
        ),
        (
            "a;;b\n1;2;3",
            ({"1": "a", "2": "", "3": "b"}, dict(zip("123", "123", strict=True))),
        ),
        ("a;b;c1", ({"1": "a", "2": "b", "3": "c1"},)),
    ],
)
async def test_reads_every_form_of_a_table(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    rows: tuple[dict[str, str], ...],
) -> None:
    """The document prints none: what a list usually looks like."""
    simulator.etech_keys.answer_next(answer)

    assert (await ask(client(simulator.etech_keys))).rows == rows


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "[1, 2]",
        '{"transactions": []}',
        '{"solde": 3}',
        "Aucune transaction",
        # A sentence, a heading without rows, lines that differ.
        "Bonjour 1, bienvenue",
        "date;numero;message",
        "1;2;3\n4;5",
        "Date : 3 octobre; 2 SMS\nFin",
        "<html><style>h1{a:1;b:2}</style></html>",
        "<table><tr><th>date</th></tr><tr><td>3 mai</td></tr></table>",
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
        # A field longer than a reader of lines takes.
        f"1;{'a' * 200_000}",
        "<![x<!--",
    ],
)
async def test_what_is_no_table_is_told_as_it_came(
    simulator: Simulator, client: GatewayMaker, answer: str
) -> None:
    """Nothing is guessed."""
    simulator.etech_keys.answer_next(answer)

    assert await ask(client(simulator.etech_keys)) == Transactions(rows=(), text=answer)


async def test_no_more_rows_than_can_be_asked_for(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A gateway that forgets the bound doesn't fill the house."""
    simulator.etech_keys.answer_next("1;2\n" * 1001)

    assert len((await ask(client(simulator.etech_keys))).rows) == 1000


async def test_rows_keep_numbers_and_ids_but_no_credentials(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """However they are written; the text keeps none of them."""
    simulated = simulator.etech_keys
    login, password = simulated.username, simulated.password
    simulated.answer_next(
        f"{login};695688207;pw={quote_plus(password)};1{login}695688207369660"
    )

    listed = await ask(client(simulated))

    assert listed.rows == (
        {
            "1": "***",
            "2": "695688207",
            "3": "pw=***",
            "4": f"1{login}695688207369660",
        },
    )
    assert listed.text == "***;***07;pw=***;1******60"


async def test_a_password_that_looks_like_an_id_is_none(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Digits alone make no id of it."""
    simulated = simulator.etech_keys
    simulated.password = "471147114711471"
    simulated.answer_next(f"pw;{simulated.password};7")

    [row] = (await ask(client(simulated))).rows

    assert row == {"1": "pw", "2": "***", "3": "7"}


async def test_names_of_columns_keep_no_credentials(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """An object may be keyed by anything."""
    simulated = simulator.etech_keys
    simulated.answer_next(
        json.dumps([{f"de {simulated.username}": 1, simulated.password: 2, "id": 3}])
    )

    assert (await ask(client(simulated))).rows == (
        {"de ***": "1", "***": "2", "id": "3"},
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("Mot de passe incorrect", AuthenticationError),
        ('{"error": "Mot de passe incorrect"}', AuthenticationError),
        (
            '{"Erreur": "Mot de passe incorrect", "data": [{"a": 1}]}',
            AuthenticationError,
        ),
        (
            "<table><tr><td>Mot de passe incorrect</td></tr></table>",
            AuthenticationError,
        ),
        ("error", RejectedError),
    ],
)
async def test_says_why_there_is_no_list(
    simulator: Simulator, client: GatewayMaker, answer: str, error: type[GatewayError]
) -> None:
    """A sentence of section A."""
    simulator.etech_keys.answer_next(answer)

    with pytest.raises(GatewayError) as raised:
        await ask(client(simulator.etech_keys))

    assert type(raised.value) is error


async def test_a_sentence_inside_a_row_is_about_that_row(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A message that was refused for want of credit is a transaction, too."""
    simulator.etech_keys.answer_next("2026-10-01;695688207;Solde insuffisant")

    listed = await ask(client(simulator.etech_keys))

    assert listed.rows[0]["3"] == "Solde insuffisant"


async def test_wrong_credentials_and_a_broken_gateway(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """As everywhere."""
    gateway = client(simulator.etech_keys)
    simulator.etech_keys.password = "another"
    with pytest.raises(AuthenticationError):
        await ask(gateway)

    simulator.etech_keys.answer_next("", status=503)
    with pytest.raises(GatewayBrokenError):
        await ask(gateway)
