"""DevCodeSMS: every answer of its document, and what goes out."""

from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidSenderError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Simulator
from tests.simulator.devcodesms import (
    FIELD_MISSING,
    FORBIDDEN,
    INVALID_NUMBER,
    KEY_MISSING,
    NO_CREDIT,
    UNREACHABLE,
)

# Section 2.1.2, "Exemple de réponse de succès".
MOBILE = "+237699128531"
MESSAGE_ID = "brk.ocm.746082b9-5e1c-43d7-a616-9e3d66f4f8cf"
OTHER = "+237678018812"


def row(**changes: object) -> dict[str, object]:
    """Return the row that the document prints, with changes."""
    return {
        "status": "success",
        "smsclientid": "brk.ocm.68dfa6c71329adaff403bf2",
        "messageid": MESSAGE_ID,
        "mobileno": MOBILE,
        "errorcode": None,
        "errordescription": None,
        "total_sms_unit": 1,
        "balance": 1785,
        **changes,
    }


def sent(*rows: dict[str, object], **changes: object) -> str:
    """Return the answer that the document prints, with these rows and changes."""
    return json.dumps(
        {
            "success": True,
            "status": 200,
            "code": "success",
            "title": "Réussite",
            "msg": "Tous les messages ont été envoyés avec succès",
            "details": [
                {
                    "responsecode": 1,
                    "responsedescription": "success",
                    "responsemessage": "success",
                    "sms": list(rows),
                }
            ],
            **changes,
        }
    )


def refused(msg: object, status: object = 400, **changes: object) -> str:
    """Return a refusal in the document's form."""
    return json.dumps(
        {
            "success": False,
            "status": status,
            "code": "error",
            "title": "Erreur",
            "msg": msg,
            "details": [],
            **changes,
        }
    )


async def test_sends_what_the_document_asks_for(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The JSON body of section 2.1.1, the number with its plus."""
    text = "Citerne vide & pompe à l'arrêt + 2 €"
    result = await client(simulator.devcodesms).send(
        Sms(text=text, recipients=(MOBILE,))
    )

    [request] = simulator.devcodesms.requests
    assert (request.method, request.path) == ("POST", "Send_sms_dev")
    assert request.query == {}
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "api_key": simulator.devcodesms.api_key,
        "sender": "MAISON",
        "phone": MOBILE,
        "message": text,
    }
    [submission] = result.submissions
    [taken] = simulator.devcodesms.accepted
    assert submission.outcome is Outcome.ACCEPTED
    assert submission.recipient == taken.recipient == MOBILE
    assert submission.submission_id == taken.submission_id
    assert submission.segments == submission.cost == 1
    assert result.remaining == 999


async def test_sends_to_several_in_one_request(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """`phone` is a list; each recipient gets his own row, and the least rest counts."""
    result = await client(simulator.devcodesms).send(
        Sms(text="é" * 161, recipients=(MOBILE, OTHER))
    )

    [request] = simulator.devcodesms.requests
    assert json.loads(request.body)["phone"] == [MOBILE, OTHER]
    assert [
        (submission.recipient, submission.submission_id, submission.segments)
        for submission in result.submissions
    ] == [
        (taken.recipient, taken.submission_id, taken.segments)
        for taken in simulator.devcodesms.accepted
    ]
    assert [submission.cost for submission in result.submissions] == [2, 2]
    assert result.remaining == 996


async def test_takes_a_hundred_recipients_at_once(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The hundred-and-first goes out in a second request."""
    recipients = tuple(f"+237695{number:06}" for number in range(101))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=recipients)
    )

    assert simulator.devcodesms.asked("send") == 2
    assert {s.outcome for s in result.submissions} == {Outcome.ACCEPTED}
    assert sorted(taken.recipient for taken in simulator.devcodesms.accepted) == list(
        recipients
    )


@pytest.mark.parametrize(
    ("answer", "status", "outcome", "error"),
    [
        # As printed, also with the other status of section 2.1.2, and as seen in use.
        (sent(row()), 200, Outcome.ACCEPTED, None),
        (sent(row(), status=201), 201, Outcome.ACCEPTED, None),
        ("\ufeff" + sent(row()), 200, Outcome.ACCEPTED, None),
        (sent(row(), success="TRUE"), 200, Outcome.ACCEPTED, None),
        (sent(row(), success=None, code="Success"), 200, Outcome.ACCEPTED, None),
        (sent(row(), success=None, code=None), 200, Outcome.ACCEPTED, None),
        (sent(row(errorcode="", errordescription="")), 200, Outcome.ACCEPTED, None),
        (sent(row(errorcode=0)), 200, Outcome.ACCEPTED, None),
        (sent(row(balance=None, total_sms_unit="1")), 200, Outcome.ACCEPTED, None),
        # Title and words decide nothing.
        (sent(row(), title="Erreur", msg=NO_CREDIT), 200, Outcome.ACCEPTED, None),
        # His row decides that it failed, though the request succeeded.
        (sent(row(status="error")), 200, Outcome.REJECTED, RejectedError),
        (
            sent(row(status="error", errorcode="12")),
            200,
            Outcome.REJECTED,
            RejectedError,
        ),
        (sent(row(status=None)), 200, Outcome.UNKNOWN, UnreadableAnswerError),
        (sent(row(status="queued")), 200, Outcome.UNKNOWN, UnreadableAnswerError),
        (
            sent(row(status="error", errordescription="Numero de telephone invalide")),
            200,
            Outcome.REJECTED,
            InvalidRecipientError,
        ),
        (sent(details="none"), 200, Outcome.UNKNOWN, UnreadableAnswerError),
        # Without rows a refusal is the only recipient's.
        (refused(FORBIDDEN, 401), 401, Outcome.REJECTED, AuthenticationError),
        (refused("Non", 401), 200, Outcome.REJECTED, AuthenticationError),
        (refused("Pas d'autorisation"), 200, Outcome.REJECTED, AuthenticationError),
        (refused(KEY_MISSING), 400, Outcome.REJECTED, AuthenticationError),
        (refused(FIELD_MISSING), 400, Outcome.REJECTED, InvalidRequestError),
        (refused(NO_CREDIT), 400, Outcome.REJECTED, InsufficientCreditError),
        (refused(INVALID_NUMBER), 200, Outcome.REJECTED, InvalidRecipientError),
        (
            refused("NUMERO  DE\nTELEPHONE INVALIDE"),
            200,
            Outcome.REJECTED,
            InvalidRecipientError,
        ),
        (refused("Erreur"), 400, Outcome.REJECTED, InvalidRequestError),
        (refused("Erreur"), 200, Outcome.REJECTED, InvalidRequestError),
        (refused("Erreur", 403), 403, Outcome.REJECTED, NotAllowedError),
        (refused("Erreur", 404), 404, Outcome.REJECTED, OperationUnknownError),
        (refused("Erreur", 200), 200, Outcome.REJECTED, RejectedError),
        (refused("Erreur", status="?"), 200, Outcome.REJECTED, RejectedError),
        (
            refused("Erreur", success="false"),
            200,
            Outcome.REJECTED,
            InvalidRequestError,
        ),
        (refused("Erreur", success=None), 200, Outcome.REJECTED, InvalidRequestError),
        (refused({"phone": "?"}), 200, Outcome.REJECTED, InvalidRequestError),
        (refused("Erreur", 429), 429, Outcome.NOT_SENT, RateLimitedError),
        # Status 500 is no refusal: the message may be on its way.
        (refused("Erreur", 500), 500, Outcome.UNKNOWN, GatewayBrokenError),
        (refused("Erreur", 500), 200, Outcome.UNKNOWN, GatewayBrokenError),
        (refused("Erreur", status=None), 503, Outcome.UNKNOWN, GatewayBrokenError),
        (sent(row()), 500, Outcome.UNKNOWN, GatewayBrokenError),
        (refused(NO_CREDIT), 500, Outcome.UNKNOWN, GatewayBrokenError),
        # What contradicts itself, or isn't of the document's form, proves nothing.
        (sent(row()), 400, Outcome.UNKNOWN, UnreadableAnswerError),
        ("", 200, Outcome.UNKNOWN, UnreadableAnswerError),
        ("[]", 200, Outcome.UNKNOWN, UnreadableAnswerError),
        ("{}", 200, Outcome.UNKNOWN, UnreadableAnswerError),
        ("OK", 200, Outcome.UNKNOWN, UnreadableAnswerError),
        ("[" * 200_000, 200, Outcome.UNKNOWN, UnreadableAnswerError),
        ("OK", 302, Outcome.UNKNOWN, UnreadableAnswerError),
        ("<h1>Erreur</h1>", 500, Outcome.UNKNOWN, GatewayBrokenError),
        # Without a body that says so, the HTTP status decides.
        ("<h1>Non</h1>", 401, Outcome.REJECTED, AuthenticationError),
        ("<h1>Non</h1>", 400, Outcome.REJECTED, InvalidRequestError),
        ('{"message": "Too Many"}', 429, Outcome.NOT_SENT, RateLimitedError),
        ('{"message": "Erreur"}', 500, Outcome.UNKNOWN, GatewayBrokenError),
    ],
)
async def test_understands_every_answer_to_a_message(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: int,
    outcome: Outcome,
    error: type[GatewayError] | None,
) -> None:
    """Section 2.1.2, in every form seen."""
    simulator.devcodesms.answer_next(
        answer, status=status, content_type="application/json"
    )

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )

    [submission] = result.submissions
    assert submission.outcome is outcome
    assert type(submission.error) is (error or type(None))
    if outcome is Outcome.ACCEPTED:
        assert submission.submission_id == MESSAGE_ID
        assert submission.cost == 1


@pytest.mark.parametrize(
    ("rows", "outcomes"),
    [
        # Each found by his number, in whatever order and writing.
        (
            [row(mobileno="+237 678 018 812", status="error"), row()],
            "accepted rejected",
        ),
        # Nobody spoke of the other one.
        ([row()], "accepted unknown"),
        ([row(mobileno="00237699128531")], "accepted unknown"),
        ([row(status="error")], "rejected unknown"),
        # Of whom does it speak?
        ([row(mobileno=None)], "unknown unknown"),
        ([row(mobileno=True)], "unknown unknown"),
        ([row(mobileno="8018812")], "unknown unknown"),
        ([row(mobileno="+237600000000")], "unknown unknown"),
        # One that can't be read costs nobody else.
        ([None, "?", [], row()], "accepted unknown"),
        # Twice about one, and not the same.
        ([row(status="error"), row(), row(mobileno=OTHER)], "unknown accepted"),
        ([row(status="error"), row(status="?")], "unknown unknown"),
        ([row(status="error"), row(status="error")], "rejected unknown"),
        ([row(), row()], "accepted unknown"),
    ],
)
@pytest.mark.parametrize("success", [True, False])
async def test_every_recipient_has_his_own_row(
    simulator: Simulator,
    client: GatewayMaker,
    rows: list[dict[str, object]],
    outcomes: str,
    *,
    success: bool,
) -> None:
    """The rows decide whatever `success` says: "Certain message n'ont pas été envoyé"."""
    code = "success" if success else "error"
    simulator.devcodesms.answer_next(sent(*rows, success=success, code=code))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE, OTHER))
    )

    assert [s.recipient for s in result.submissions] == [MOBILE, OTHER]
    assert " ".join(s.outcome for s in result.submissions) == outcomes


@pytest.mark.parametrize(
    "rows",
    [
        [row(mobileno=OTHER), row()],
        [row(mobileno=237699128531), row(mobileno="678018812")],
    ],
)
@pytest.mark.parametrize("success", [True, False])
async def test_a_failure_that_nobody_had_contradicts_the_rows(
    simulator: Simulator,
    client: GatewayMaker,
    rows: list[dict[str, object]],
    *,
    success: bool,
) -> None:
    """Then nothing is known, and the ids are kept."""
    code = "success" if success else "error"
    simulator.devcodesms.answer_next(sent(*rows, success=success, code=code))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE, OTHER))
    )

    outcome = Outcome.ACCEPTED if success else Outcome.UNKNOWN
    assert {(s.outcome, s.submission_id) for s in result.submissions} == {
        (outcome, MESSAGE_ID)
    }


@pytest.mark.parametrize("rows", [300, 301, 20_000])
async def test_rows_without_end_are_no_answer(
    simulator: Simulator, client: GatewayMaker, rows: int
) -> None:
    """Up to three times as many as numbers can be asked for."""
    simulator.devcodesms.answer_next(sent(row(), *[{}] * (rows - 1)))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )

    [submission] = result.submissions
    assert submission.outcome is (Outcome.ACCEPTED if rows == 300 else Outcome.UNKNOWN)


async def test_a_suffix_of_two_numbers_names_neither(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A local number that two recipients share, in two countries, proves nothing."""
    simulator.devcodesms.answer_next(sent(row(mobileno="699128531")))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE, "+44699128531"))
    )

    assert {s.outcome for s in result.submissions} == {Outcome.UNKNOWN}


async def test_a_whole_number_goes_before_a_suffix(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """One recipient's number may be the end of another's."""
    simulator.devcodesms.answer_next(sent(row(mobileno=OTHER)))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(OTHER.replace("+", "+1"), OTHER))
    )

    assert [s.outcome for s in result.submissions] == [
        Outcome.UNKNOWN,
        Outcome.ACCEPTED,
    ]


@pytest.mark.parametrize("mobileno", [None, "", "8531", "+237600000000"])
async def test_the_only_row_is_about_the_only_recipient(
    simulator: Simulator, client: GatewayMaker, mobileno: str | None
) -> None:
    """However it writes his number."""
    simulator.devcodesms.answer_next(sent(row(mobileno=mobileno)))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )

    assert result.submissions[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "details",
    [{"sms": row()}, {"0": {"sms": {"7": row()}}}, row(), [row()], [{"SMS": [row()]}]],
)
async def test_single_objects_stand_for_lists(
    simulator: Simulator, client: GatewayMaker, details: object
) -> None:
    """`details` and `sms` may come without their brackets, or as PHP's lists with gaps."""
    simulator.devcodesms.answer_next(sent(details=details))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )

    assert result.submissions[0].outcome is Outcome.ACCEPTED
    assert result.remaining == 1785


async def test_a_refused_row_keeps_the_gateways_words(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Without the number and the key that may stand in them."""
    key = simulator.devcodesms.api_key
    simulator.devcodesms.answer_next(
        sent(
            row(
                status="error",
                errorcode=17,
                errordescription=f"{UNREACHABLE} {MOBILE} {key}",
            )
        )
    )

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )

    [submission] = result.submissions
    assert submission.submission_id == MESSAGE_ID
    assert submission.error is not None
    assert submission.error.reference == MESSAGE_ID
    assert submission.error.code == "17"
    assert submission.error.words == f"{UNREACHABLE} ***31 ***"


async def test_a_refusal_keeps_the_gateways_words(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The document's own status, or the one of HTTP where the body has none."""
    gateway = client(simulator.devcodesms)
    simulator.devcodesms.answer_next(refused(NO_CREDIT))
    simulator.devcodesms.answer_next(refused(MOBILE, status=None), status=400)

    with_status = await gateway.send(Sms(text="Test", recipients=(MOBILE,)))
    without = await gateway.send(Sms(text="Test", recipients=(MOBILE,)))

    assert str(with_status.submissions[0].error) == (
        f"insufficient credit: code 400, {NO_CREDIT}"
    )
    assert str(without.submissions[0].error) == (
        "invalid request: code HTTP 400, ***31"
    )


@pytest.mark.parametrize("sender", ["MAISONDUBOIS", "237695688207", "É", "A/B"])
async def test_refuses_a_sender_before_asking(
    simulator: Simulator, client: GatewayMaker, sender: str
) -> None:
    """Eleven characters, and not a number."""
    with pytest.raises(InvalidSenderError):
        await client(simulator.devcodesms).send(
            Sms(text="Test", recipients=(MOBILE,), sender=sender)
        )

    assert simulator.devcodesms.requests == []


# --- the gateway as a whole ----------------------------------------------------


@pytest.mark.parametrize("inside_200", [False, True])
async def test_the_gateways_refusals(
    simulator: Simulator, client: GatewayMaker, *, inside_200: bool
) -> None:
    """The refusals of section 2.1.2, each from the state that calls for it."""
    simulated = simulator.devcodesms
    simulated.errors_inside_200 = inside_200
    simulated.success_as_text = inside_200
    gateway = client(simulated)

    async def error_for(recipient: str) -> type[GatewayError]:
        result = await gateway.send(Sms(text="Test", recipients=(recipient,)))
        assert result.submissions[0].outcome is Outcome.REJECTED
        return type(result.submissions[0].error or GatewayError())

    assert await error_for("+2376") is InvalidRecipientError
    simulated.credits = Decimal(0)
    assert await error_for(MOBILE) is InsufficientCreditError
    simulated.api_key = "another"
    assert await error_for(MOBILE) is AuthenticationError
    assert simulated.accepted == []


@pytest.mark.parametrize(
    "rows",
    [
        [row(), row(mobileno=OTHER, status="error", balance=0)],
        [row(mobileno=OTHER, status="error", balance=0), row()],
        [row(), row(mobileno=OTHER, errorcode="12", balance=3)],
    ],
)
async def test_only_a_successful_row_tells_the_credit(
    simulator: Simulator, client: GatewayMaker, rows: list[dict[str, object]]
) -> None:
    """A failed one may hold a zero that is none."""
    simulator.devcodesms.answer_next(sent(*rows))

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE, OTHER))
    )

    assert result.remaining == 1785


async def test_a_partial_failure(simulator: Simulator, client: GatewayMaker) -> None:
    """One is taken, one is refused, and only one is paid for."""
    simulator.devcodesms.unreachable = {OTHER}
    simulator.devcodesms.spaced_numbers = True

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(OTHER, MOBILE))
    )

    assert [s.outcome for s in result.submissions] == [
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert result.submissions[0].error is not None
    assert result.submissions[0].error.words == UNREACHABLE
    assert [taken.recipient for taken in simulator.devcodesms.accepted] == [MOBILE]
    assert result.remaining == 999
