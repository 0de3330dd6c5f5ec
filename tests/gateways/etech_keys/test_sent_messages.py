"""ETECH KEYS: the messages among the transactions (section B)."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from html import escape
import io
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    ListsSentMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    InvalidOptionError,
)
from custom_components.passerelle_sms.gateways.etech_keys.sent_messages import (
    read_sent_messages,
)
from custom_components.passerelle_sms.gateways.etech_keys.transactions import read_rows
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.delivery import SentMessage
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

MAMAN = "+237695688207"
ABROAD = "+2250757123456"
LOGIN = "243161185"
SENDER = "MAISON"
TEXT = "Citerne vide"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DOUALA = timezone(timedelta(hours=1))


async def ask(gateway: Gateway, count: int = 100) -> tuple[SentMessage, ...]:
    """Return the messages among the last transactions."""
    assert isinstance(gateway, ListsSentMessages)
    return await gateway.sent_messages(count)


def read(**row: str) -> SentMessage | None:
    """Return the message in a row with names, if there is one."""
    found = read_sent_messages((row,), login=LOGIN, sender=SENDER)
    return found[0] if found else None


def read_unnamed(*cells: str) -> SentMessage | None:
    """Return the message in a row without names, if there is one."""
    return read(**{str(number): cell for number, cell in enumerate(cells, start=1)})


# --- at the gateway -------------------------------------------------------------------


async def test_lists_what_the_account_sent_whoever_sent_it(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """To whom, what and when, the newest first; what went abroad is left out."""
    simulated = simulator.etech_keys
    simulated.now = lambda: NOW
    gateway = client(simulated)
    texts = ["Fuite <&> 'danger'", "À table !\nÇa refroidit"]
    await gateway.send(Sms(text=texts[0], recipients=(MAMAN, ABROAD)))
    simulated.now = lambda: NOW + timedelta(minutes=1)
    simulated.send_elsewhere(MAMAN, texts[1])

    newest, first = await ask(gateway)

    assert (newest.recipient, newest.at) == (MAMAN, NOW + timedelta(minutes=1))
    assert (first.recipient, first.at) == (MAMAN, NOW)
    assert newest.says(texts[1])
    assert first.says(texts[0])
    assert not first.says(texts[1])
    assert "695688207" not in repr(first)
    assert "Fuite" not in repr(first)


async def test_asks_for_the_last_transactions(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """As many as are wanted, no more than can be."""
    gateway = client(simulator.etech_keys)
    await ask(gateway, 7)

    assert simulator.etech_keys.requests[0].query["qte"] == "7"
    for count in (0, 1001):
        with pytest.raises(InvalidOptionError):
            await ask(gateway, count)


async def test_a_refusal_is_no_empty_list(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Nor is an answer that can't be taken apart a list of anything."""
    simulated = simulator.etech_keys
    gateway = client(simulated)
    simulated.answer_next("Mot de passe incorrect")
    with pytest.raises(AuthenticationError):
        await ask(gateway)

    simulated.answer_next("Aucune transaction")
    assert await ask(gateway) == ()


async def test_a_text_with_a_secret_in_it_is_told_as_it_was_sent(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """It is compared, and shown to nobody."""
    text = f"Le mot de passe est {simulator.etech_keys.password}"
    gateway = client(simulator.etech_keys)
    await gateway.send(Sms(text=text, recipients=(MAMAN,)))

    [message] = await ask(gateway)

    assert message.says(text)


# --- which cell is what ---------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "695688207",
        "6 95 68 82 07",
        "695-688-207",
        "237695688207",
        "+237695688207",
        "(+237) 695.688.207",
        "00237 695 688 207",
    ],
)
def test_a_number_is_read_however_it_is_written(number: str) -> None:
    """With names and without."""
    expected = SentMessage(recipient=MAMAN, text=TEXT, at=None)

    assert read(destinataire=number, message=TEXT) == expected
    assert read_unnamed(TEXT, number) == expected


@pytest.mark.parametrize(
    "number",
    ["2250757123456", "+33612345678", "95688207", "6956882070", "795688207", "Maman"],
)
def test_another_number_is_none(number: str) -> None:
    """ETECH KEYS serves Cameroon."""
    assert read(destinataire=number, message=TEXT) is None
    assert read_unnamed(TEXT, number) is None


def test_ids_costs_and_states_do_not_disturb() -> None:
    """Nor do the account's own sender and login."""
    expected = SentMessage(
        recipient=MAMAN, text=TEXT, at=datetime(2026, 10, 1, 14, 32, tzinfo=DOUALA)
    )

    assert (
        read_unnamed(
            "1243161185695688207369660",
            LOGIN,
            SENDER,
            "695688207",
            TEXT,
            "01/10/2026 14:32",
            "1 SMS",
            "25,00 FCFA",
            "TX-00012",
            "",
            "En attente",
            "DELIVERED",
        )
        == expected
    )
    assert (
        read(
            id_message="699000001",
            sender_id="BUREAU",
            Libelle_sms="Remis à l'opérateur",
            numeroDestinataire="695688207",
            texte_du_message=TEXT,
            date_envoi="01/10/2026 14:32",
            solde="699000002",
            reseau="MTN Cameroun",
        )
        == expected
    )


@pytest.mark.parametrize(
    "row",
    [
        # Two may be the recipient.
        {"destinataire": "695688207", "telephone": "695688208", "message": TEXT},
        {"1": "695688207", "2": "695688208", "3": TEXT},
        {"1": "695688207", "2": "695688207", "3": TEXT},
        # The recipient is somebody else, in words or abroad.
        {"destinataire": "Maman", "contact": "695688207", "message": TEXT},
        {"destinataire": "2250757123456", "x": "695688207", "message": TEXT},
        {"id": "695688207", "message": TEXT},
        {"idTransaction": "695688207", "message": TEXT},
        # The account's own number, and no column that says to whom.
        {"1": LOGIN, "2": TEXT},
        # Two may be the text, or none.
        {"destinataire": "695688207", "message": TEXT, "texte": "Autre"},
        {"1": "695688207", "2": TEXT, "3": "Remis à l'opérateur"},
        {"1": "695688207", "2": TEXT, "3": "BUREAU"},
        {"destinataire": "695688207", "message": " "},
        {"1": "695688207", "2": "12"},
        {"1": "695688207", "2": "12 SMS"},
        {"1": "695688207", "2": "Alerte1"},
        {"1": "695688207", "2": "OK"},
        {"1": "695688207", "2": "12h30"},
        {"1": "695688207", "2": "03/05/2026"},
        {"1": "695688207", "2": SENDER},
        # Nothing at all.
        {},
        {"1": ""},
    ],
)
def test_what_can_be_understood_in_two_ways_is_left_out(row: dict[str, str]) -> None:
    """Never a guess."""
    assert read(**row) is None


@pytest.mark.parametrize(
    "text",
    ["12", "OK", "12h30", "695688208", SENDER, "Erreur capteur", "Solde insuffisant"],
)
def test_a_column_that_says_so_holds_the_text(text: str) -> None:
    """Whatever it looks like."""
    message = read(destinataire="695688207", message=text)

    assert message is not None
    assert (message.text, message.at) == (text, None)


def test_a_message_to_the_account_itself() -> None:
    """Its login is a phone number."""
    message = read(login=LOGIN, destinataire=f"237{LOGIN}", message=TEXT)

    assert message is not None
    assert message.recipient == f"+237{LOGIN}"


@pytest.mark.parametrize(
    "state",
    [
        "Solde insuffisant",
        "error.1243161184695688207369660",
        "Erreur",
        "Destinataire incorrect",
        "Échec d'envoi",
        "REJECTED",
        "Rejeté",
        "Non envoyé",
        "failed",
        "Annulé",
    ],
)
def test_a_message_that_was_listed_and_refused_is_left_out(state: str) -> None:
    """It proves nothing: the row may be of a message that was never sent."""
    assert read(destinataire="695688207", message=TEXT, etat=state) is None
    assert read_unnamed("695688207", TEXT, state) is None


# --- whatever the list looks like -----------------------------------------------------

COLUMNS = ("Destinataire", "Message", "Date", "Identifiant", "SMS", "Etat")
OPERATORS = st.integers(10_000_000, 99_999_999)
NUMBERS = st.one_of(
    OPERATORS.map(lambda number: f"6{number}"),
    OPERATORS.map(lambda number: f"243{number:08}"[:9]),
)
WRITTEN = st.sampled_from(["{}", "237{}", "+237{}", "00237{}"])
# No text that a line can't hold: JSON and HTML are given others below.
WORDS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters='<>&;|,"'),
    max_size=160,
).map(lambda words: f"Alerte {words} fin".replace("#", ""))
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
    lambda time: time.replace(microsecond=0, tzinfo=DOUALA)
)
TIME_FORMS = st.sampled_from(
    [
        "%d/%m/%Y %H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S%z",
        "%d-%m-%Y à %H:%M:%S",
    ]
)
ORDERS = st.permutations(range(len(COLUMNS)))


def as_lines(lines: list[list[str]], separator: str) -> str:
    """Return lines of cells."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows(lines)
    return written.getvalue()


def as_table(lines: list[list[str]]) -> str:
    """Return a table of HTML."""
    return "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>"
        for line in lines
    )


@given(
    number=NUMBERS,
    written=WRITTEN,
    text=WORDS,
    time=TIMES,
    time_form=TIME_FORMS,
    order=ORDERS,
    form=st.sampled_from(["json", "html", ";", "|", "\t", ","]),
    has_header=st.booleans(),
)
def test_a_message_is_found_in_every_form_of_a_list(
    number: str,
    written: str,
    text: str,
    time: datetime,
    time_form: str,
    order: list[int],
    form: str,
    has_header: bool,
) -> None:
    """In any order of columns, beside an id, a quantity and a state."""
    cells = (
        written.format(number),
        text,
        f"{time:{time_form}}",
        f"1{LOGIN}{number}369660",
        "1",
        "DELIVERED",
    )
    header, line = [COLUMNS[i] for i in order], [cells[i] for i in order]
    lines = [header, line] if has_header else [line]
    match form:
        case "json":
            body = json.dumps([dict(zip(header, line, strict=True))])
        case "html":
            body = f"<table>{as_table(lines)}</table>"
        case _:
            body = as_lines(lines, form)

    [message] = read_sent_messages(read_rows(body), login=LOGIN, sender=SENDER)

    assert (message.recipient, message.at) == (f"+237{number}", time)
    assert message.says(text)


@given(text=st.text().filter(str.strip), form=st.sampled_from(["json", "html"]))
def test_any_text_is_found_where_its_column_says_so(text: str, form: str) -> None:
    """Marks, entities and line breaks included."""
    header, line = ["Telephone", "Texte"], ["695688207", text]
    if form == "json":
        body = json.dumps([dict(zip(header, line, strict=True))])
    else:
        body = as_table([header, line])

    [message] = read_sent_messages(read_rows(body), login=LOGIN, sender=SENDER)

    assert message.says(text)


CELLS = st.one_of(
    st.text(),
    st.text("0123456789 +-.:/h", max_size=20),
    st.sampled_from(["695688207", LOGIN, SENDER, TEXT, "01/10/2026 14:32", "OK"]),
)


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from([*COLUMNS, *"123456"]) | st.text(), CELLS),
        max_size=4,
    ),
    login=st.sampled_from([LOGIN, "maman", ""]),
    sender=st.sampled_from([SENDER, None]),
)
def test_no_nonsense_raises_or_is_taken_for_more_than_it_says(
    rows: list[dict[str, str]], login: str, sender: str | None
) -> None:
    """What is found stands in one of the rows."""
    found = read_sent_messages(tuple(rows), login=login, sender=sender)

    texts = [{cell.strip() for cell in row.values()} for row in rows]
    assert all(any(message.text in cells for cells in texts) for message in found)
    assert all(message.recipient.startswith("+237") for message in found)


@given(st.text() | st.text("<>trdh/ 0123456789;,|\n[]{}\"':"))
def test_no_answer_raises(body: str) -> None:
    """Whatever the gateway says."""
    read_sent_messages(read_rows(body), login=LOGIN, sender=SENDER)
