"""SMSECO: every way to say yes, and what each recipient hears of it."""

from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import UnreadableAnswerError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

from .samples import BURKINA, ONE, OTHER_SMS_ID, SERVER_ID, SMS_ID, TWIN, TWIN_ABROAD

NO_LISTS: list[object] = [None, "", {}, [], [None], "aucun", [{"credits": "x"}]]


@pytest.mark.parametrize(
    ("answer", "submission_id", "cost"),
    [
        # Section I-3, as printed: the server's id under the name of ours.
        (
            {
                "msgid": SERVER_ID,
                "statut": 1,
                "texte": "xx",
                "destinataires": "1",
                "sms": "1",
                "credits": "1",
                "solde": "12",
                "messages": ONE,
            },
            SMS_ID,
            2,
        ),
        # Section I-1 and V-3: `msgfid`; the misprints of sections III-3 and IV-2.
        ({"msgfid": SERVER_ID, "statut": "1", "solde": "12"}, SERVER_ID, None),
        ({"msgfid": SERVER_ID, "statur": 1, "Solde": 12}, SERVER_ID, None),
        ({"msgid": 38880789, "status": "1", "Solde": "12"}, "38880789", None),
        (
            {"msgfid": "15", "msgid": SERVER_ID, "statut": 1, "solde": 12},
            SERVER_ID,
            None,
        ),
        (
            {"msgid": "98", "msgfid": SERVER_ID, "statut": 1, "solde": 12},
            SERVER_ID,
            None,
        ),
        ({"msgfid": "", "msgid": "15", "statut": 1, "solde": 12}, None, None),
        ({"msgfid": False, "msgid": "15", "statut": 1, "solde": 12}, None, None),
        # The cost of the request is that of its only recipient.
        ({"statut": 1, "credits": "3", "solde": "12,0"}, None, 3),
        ({"statut": 1, "credits": "0", "solde": "12,0"}, None, 0),
        ({"statut": 1, "credits": "-3", "solde": "12,0"}, None, None),
        # A list that tells nothing.
        *(
            (
                {"msgfid": SERVER_ID, "statut": 1, "messages": m, "solde": 12},
                SERVER_ID,
                None,
            )
            for m in NO_LISTS
        ),
        # Only one object, our number without its country code or with a prefix.
        ({"statut": 1, "messages": ONE[0], "solde": 12}, SMS_ID, 2),
        *(
            (
                {
                    "msgfid": SERVER_ID,
                    "statut": 1,
                    "messages": [{"SMSFID": SMS_ID, "destination": d}],
                    "solde": 12,
                },
                SMS_ID,
                None,
            )
            for d in ("78657808", 78657808, "+226 78 65 78 08", "0022678657808")
        ),
        # 0 is a success only with something that only a success has.
        ({"statut": 0, "msgfid": SERVER_ID, "solde": 12}, SERVER_ID, None),
        ({"statut": "0", "msgid": SERVER_ID, "solde": 12}, SERVER_ID, None),
        ({"statut": 0, "credits": 1, "solde": 12}, None, 1),
        ({"statut": 0, "messages": ONE, "solde": 12}, SMS_ID, 2),
        (
            {"statut": 0, "messages": [{"smsfid": SMS_ID}], "solde": 12},
            SMS_ID,
            None,
        ),
    ],
)
async def test_understands_every_yes(
    simulator: Simulator,
    client: GatewayMaker,
    answer: dict[str, object],
    submission_id: str | None,
    cost: int | None,
) -> None:
    """Sections I-1 and I-3, "Réponse", with the misprints of the whole document."""
    simulator.smseco.answer_next(f"\ufeff {json.dumps(answer)}\r\n")
    server_ids = {SERVER_ID, "38880789"} & set(map(str, answer.values()))

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,), reference="15")
    )

    assert result.submissions == (
        Submission(
            recipient=BURKINA,
            outcome=Outcome.ACCEPTED,
            submission_id=submission_id,
            segments=1,
            cost=None if cost is None else Decimal(cost),
            sending_id=server_ids.pop() if server_ids else None,
            delivery=DeliveryStatus.PENDING,
        ),
    )
    assert result.remaining == Decimal(12)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "OK",
        "1",
        "[]",
        "null",
        '{"statut": 1',
        "[" * 100_000,
        "{}",
        '{"statut": null}',
        '{"statut": []}',
        '{"statut": true}',
        '{"statut": "succes"}',
        '{"statut": 1.5}',
        f'{{"statut": "-{"9" * 5000}"}}',
        # One that names two codes.
        '{"statut": 1, "status": -6, "msgfid": "98"}',
        '{"statut": 1, "statut": -6, "msgfid": "98"}',
        # A row about somebody else.
        f'{{"statut": 1, "messages": [{{"smsfid": "{SMS_ID}", "destination": "99999999"}}]}}',
        f'{{"statut": 1, "messages": [{{"smsfid": "{SMS_ID}", "destination": "8657808"}}]}}',
        # Words that say the opposite.
        '{"statut": 1, "texte": "Echec de l\'envoi", "msgfid": "98"}',
        '{"statut": -6, "texte": "Message envoyé avec succès"}',
        '{"statut": -6, "texte": "Pas assez de crédits", "msgfid": "98"}',
        '{"statut": -6, "texte": "Pas assez de crédits", "credits": 2}',
        # Nothing was taken, or nobody says so.
        '{"statut": 0}',
        '{"statut": 0, "texte": "Requête traitée avec succès", "credits": "0"}',
        '{"statut": 0, "msgid": "15", "credits": ""}',
        '{"statut": 0, "msgfid": "0", "messages": []}',
        f'{{"statut": 0, "msgfid": "{SERVER_ID}", "destinataires": "0"}}',
        # More recipients than there are.
        '{"statut": 2}',
        '{"status": 200, "message": "Bienvenue"}',
        # A refusal that names what it took.
        f'{{"statut": -6, "messages": [{{"smsfid": "{SMS_ID}"}}]}}',
        "<html><body>Bienvenue</body></html>",
    ],
)
async def test_what_nobody_describes_says_nothing(
    simulator: Simulator, client: GatewayMaker, answer: str
) -> None:
    """It may have left: neither accepted nor refused."""
    simulator.smseco.answer_next(answer)
    gateway = client(simulator.smseco)

    result = await gateway.send(Sms(text="Test", recipients=(BURKINA,), reference="15"))

    [submission] = result.submissions
    assert submission.outcome is Outcome.UNKNOWN
    assert type(submission.error) is UnreadableAnswerError
    assert gateway.last_unreadable is not None


BOTH_UNKNOWN = (Outcome.UNKNOWN, Outcome.UNKNOWN), (SERVER_ID, SERVER_ID)


def _row(destination: str, submission_id: str = SMS_ID) -> dict[str, object]:
    return {"smsfid": submission_id, "destination": destination, "credits": 1}


@pytest.mark.parametrize(
    ("answer", "outcomes", "ids"),
    [
        # The rows come in any order.
        (
            {
                "statut": 2,
                "messages": [
                    _row("2250757123456", OTHER_SMS_ID),
                    _row("22657123456"),
                ],
            },
            (Outcome.ACCEPTED, Outcome.ACCEPTED),
            (SMS_ID, OTHER_SMS_ID),
        ),
        # All the valid ones are named.
        (
            {"statut": 1, "messages": [_row("22657123456")]},
            (Outcome.ACCEPTED, Outcome.REJECTED),
            (SMS_ID, None),
        ),
        (
            {"statut": 0, "destinataires": 1, "messages": _row("2250757123456")},
            (Outcome.REJECTED, Outcome.ACCEPTED),
            (None, SMS_ID),
        ),
        # A list that may not be all of them, as nothing tells how many there are.
        (
            {"statut": 0, "messages": _row("2250757123456")},
            (Outcome.UNKNOWN, Outcome.ACCEPTED),
            (SERVER_ID, SMS_ID),
        ),
        # Two counts.
        (
            {"statut": 1, "destinataires": 2, "messages": [_row("22657123456")]},
            (Outcome.ACCEPTED, Outcome.UNKNOWN),
            (SMS_ID, SERVER_ID),
        ),
        ({"statut": 2, "destinataires": 1}, *BOTH_UNKNOWN),
        # A row that takes back what it says costs no other.
        (
            {
                "statut": 2,
                "messages": [
                    {**_row("22657123456"), "statut": -9},
                    _row("2250757123456", OTHER_SMS_ID),
                ],
            },
            (Outcome.UNKNOWN, Outcome.ACCEPTED),
            (SMS_ID, OTHER_SMS_ID),
        ),
        # More rows than recipients: another list.
        (
            {
                "statut": 2,
                "messages": [_row(f"22670000{n:03}") for n in range(9)],
            },
            *BOTH_UNKNOWN,
        ),
        # The last digits of both: it may be either.
        (
            {"statut": 2, "messages": [_row("57123456"), _row("22657123456")]},
            (Outcome.ACCEPTED, Outcome.UNKNOWN),
            (SMS_ID, SERVER_ID),
        ),
        (
            {"statut": 1, "messages": [_row("57123456")]},
            (Outcome.UNKNOWN, Outcome.UNKNOWN),
            (SERVER_ID, SERVER_ID),
        ),
        # The count and the list don't agree about the one that isn't named.
        (
            {"statut": 2, "messages": [_row("22657123456")]},
            (Outcome.ACCEPTED, Outcome.UNKNOWN),
            (SMS_ID, SERVER_ID),
        ),
        # Somebody else's number, perhaps ours in another form.
        (
            {"statut": 1, "messages": [_row("22657123456"), _row("99999999")]},
            (Outcome.ACCEPTED, Outcome.UNKNOWN),
            (SMS_ID, SERVER_ID),
        ),
        # The same number twice is one number.
        (
            {"statut": 2, "messages": [_row("22657123456"), _row("22657123456")]},
            (Outcome.ACCEPTED, Outcome.UNKNOWN),
            (SMS_ID, SERVER_ID),
        ),
        # No list: the count alone.
        ({"statut": 2}, (Outcome.ACCEPTED, Outcome.ACCEPTED), (SERVER_ID, SERVER_ID)),
        ({"statut": 1}, (Outcome.UNKNOWN, Outcome.UNKNOWN), (SERVER_ID, SERVER_ID)),
        ({"statut": 3}, (Outcome.UNKNOWN, Outcome.UNKNOWN), (SERVER_ID, SERVER_ID)),
        ({"statut": 0}, (Outcome.UNKNOWN, Outcome.UNKNOWN), (SERVER_ID, SERVER_ID)),
        (
            {"statut": 0, "destinataires": "2"},
            (Outcome.ACCEPTED, Outcome.ACCEPTED),
            (SERVER_ID, SERVER_ID),
        ),
    ],
)
async def test_tells_recipients_apart(
    simulator: Simulator,
    client: GatewayMaker,
    answer: dict[str, object],
    outcomes: tuple[Outcome, ...],
    ids: tuple[str | None, ...],
) -> None:
    """Section I-1: as many `sms` nodes as valid recipients, and a count of them."""
    simulator.smseco.answer_next(json.dumps({"msgfid": SERVER_ID, **answer}))

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(TWIN, TWIN_ABROAD))
    )

    assert tuple(s.outcome for s in result.submissions) == outcomes
    assert tuple(s.submission_id for s in result.submissions) == ids
    for submission in result.submissions:
        assert (submission.error is None) is (submission.outcome is Outcome.ACCEPTED)
        may_have_left = submission.outcome is not Outcome.REJECTED
        assert (submission.sending_id == SERVER_ID) is may_have_left
