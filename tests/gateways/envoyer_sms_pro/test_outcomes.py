"""Envoyer SMS Pro: what each answer proves, with each HTTP status, in each form."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
import re
import time
import tracemalloc
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.outcome import Outcome

from .canned import answered_by
from .samples import ACCEPTED, FRANCE, NOT_ENOUGH, SMS, fail

STATUSES: Final = (200, 201, 400, 402, 403, 404, 408, 500)
A, N, R, U = Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.REJECTED, Outcome.UNKNOWN
OUTCOMES: Final = {"A": A, "N": N, "R": R, "U": U}
CUT: Final = ACCEPTED[: ACCEPTED.index("<sms_sent>")]
BROKEN: Final = "<b>Fatal error</b>: Uncaught Error in /send.php on line <b>12</b>"

# The outcome with each of the statuses, and the id.
DOCUMENTS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "accepted": (ACCEPTED, "AAUUUUUU", "879"),
    "refused": (NOT_ENOUGH, "RRRRRRUU", None),
    "refused, in French": (fail(5, "Crédit épuisé"), "RRRRRRUU", None),
    "refused for what nobody knows": (fail(99, "?"), "RRRRRRUU", None),
    "refused for nothing": (fail("", "Refusé"), "UUNRRRUU", None),
    "refused for 0": (fail(0, "100 requests"), "UUNRRRUU", None),
    "refused for what is no number": (fail("cinq", "?"), "UUUUUUUU", None),
    "refused for two reasons": (
        fail(5, "?").replace("<error_id>", "<error_id>4</error_id><error_id>"),
        "UUUUUUUU",
        None,
    ),
    "refused, with an id": (
        fail(5, "?").replace("</error>", "<message_id>879</message_id></error>"),
        "UUUUUUUU",
        "879",
    ),
    "accepted, with an error": (
        ACCEPTED.replace("<message>", "<error><error_id>5</error_id></error><message>"),
        "UUUUUUUU",
        "879",
    ),
    "accepted, with an error that is none": (
        ACCEPTED.replace("<message>", "<error><error_id>0</error_id></error><message>"),
        "AAUUUUUU",
        "879",
    ),
    "accepted and refused": (
        ACCEPTED.replace("<message>", "<status>fail</status><message>"),
        "UUUUUUUU",
        "879",
    ),
    "refused and accepted": (
        NOT_ENOUGH.replace("<error>", "<status>success</status><error>"),
        "UUUUUUUU",
        None,
    ),
    "accepted without an id": (
        ACCEPTED.replace("<message_id>879</message_id>", ""),
        "UUUUUUUU",
        None,
    ),
    "accepted with an id that is none": (
        ACCEPTED.replace("879", "0"),
        "UUUUUUUU",
        None,
    ),
    "accepted with an id without end": (
        ACCEPTED.replace("879", "1" * 65),
        "UUUUUUUU",
        None,
    ),
    "accepted with two ids": (
        ACCEPTED.replace("<sms_sent>", "<message_id>880</message_id><sms_sent>"),
        "UUUUUUUU",
        None,
    ),
    "accepted, and nothing sent": (
        ACCEPTED.replace("<sms_sent>2", "<sms_sent>0"),
        "UUUUUUUU",
        "879",
    ),
    "neither": (ACCEPTED.replace("success", "pending"), "UUUUUUUU", "879"),
    "an error without a status": (
        NOT_ENOUGH.replace("<status>fail</status>", ""),
        "UUUUUUUU",
        None,
    ),
}
# What is no document has one form.
OTHERS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "accepted, cut": (CUT, "UUUUUUUU", "879"),
    "refused, cut": (fail(5, "?")[:-30], "UUUUUUUU", None),
    "accepted, then refused": (ACCEPTED + fail(5, "?"), "UUUUUUUU", "879"),
    "broken": (BROKEN, "UUUUUUUU", None),
    "accepted, then broken": (ACCEPTED + BROKEN, "UUUUUUUU", "879"),
    "words": ("Bad request", "UUNRRRUU", None),
    "words with a number": ("Limite de 100 requêtes", "UUNRRRUU", None),
    "words of a success": ("Message envoyé : 879", "UUUUUUUU", None),
    "a bare number": ("879", "UUUUUUUU", None),
    "a page": ("<html><body><h1>Bienvenue</h1></body></html>", "UUNRRRUU", None),
    "of another platform": ('{"resultat": 1, "id": "879"}', "UUUUUUUU", None),
}

SHAPES: Final[Mapping[str, Callable[[str], str]]] = {
    "as printed": str,
    "in capitals": lambda text: re.sub(
        r"</?[a-z_]+(?=>)", lambda tag: tag[0].upper(), text
    ),
    "with blanks": lambda text: re.sub(
        r"<(/?)([a-z_]+)>", r"<\n\1 \2 >", text, flags=re.IGNORECASE
    ),
    "in one line": lambda text: re.sub(
        r"\s*\n\s*", "", text.partition("?>")[2] or text
    ),
    "in a page": lambda text: f"<html><body><pre>{text}</pre></body></html>",
    "with entities": lambda text: text.replace("é", "&eacute;").replace("8", "&#56;"),
    "in sections": lambda text: re.sub(
        r"(?<=<status>)[a-z]+|(?<=_id>)[0-9]+",
        lambda value: f"<![CDATA[{value[0]}]]>",
        text,
    ),
}
NOISE: Final[Mapping[str, Callable[[str], bytes]]] = {
    "none": str.encode,
    "a mark": lambda text: f"\ufeff\r\n{text}".encode(),
    "a notice before": lambda text: (
        "<br />\n<b>Notice</b>:  Undefined index: erreur in <b>/var/www/send.php</b> "
        f"on line <b>12</b><br />\n{text}"
    ).encode(),
    "a notice after": lambda text: (
        f"{text}\nPHP Warning:  mysqli_close() failed in /var/www/db.php on line 7\n"
    ).encode(),
    "a comment": lambda text: f"<!-- 12 ms --> {text} <!-- <status> -->".encode(),
    "Latin-1": lambda text: text.encode("latin-1"),
}


def forms(answer: str, shapes: Mapping[str, Callable[[str], str]]) -> Iterator[bytes]:
    """Yield an answer in every form, with every noise."""
    for shape in shapes.values():
        for noise in NOISE.values():
            yield noise(shape(answer))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", [*DOCUMENTS, *OTHERS])
async def test_the_outcome_of_each_answer(name: str, status: int) -> None:
    """`status` and `error_id` decide, then the HTTP status; a contradiction is unknown."""
    answer, outcomes, submission_id = {**DOCUMENTS, **OTHERS}[name]
    expected = OUTCOMES[outcomes[STATUSES.index(status)]]
    kept = submission_id if expected in {A, U} else None

    for body in forms(answer, SHAPES if name in DOCUMENTS else {"": str}):
        gateway = answered_by(body, status=status)
        [submission] = (await gateway.send(SMS)).submissions

        told = (submission.outcome, submission.submission_id)
        assert told == (expected, kept), body
        assert (gateway.last_unreadable is None) or expected is not A


@pytest.mark.parametrize("status", STATUSES)
async def test_an_empty_answer_says_what_its_status_says(status: int) -> None:
    """400 is then the limit of requests."""
    [submission] = (await answered_by(b" \n", status=status).send(SMS)).submissions

    assert submission.outcome is OUTCOMES["UUNRRRUU"[STATUSES.index(status)]]


# --- bounds -------------------------------------------------------------------

SIZE: Final = 1_048_576
MUCH: Final = {
    "<": "<" * SIZE,
    "blanks": "<" + " " * SIZE,
    "&": "&" * SIZE,
    "<a>": "<a>" * (SIZE // 3),
    "<request>": "<request>" * (SIZE // 9),
    "< request": "< request " * (SIZE // 10),
    "</ request": "<request>" + "</ request" * (SIZE // 10),
    "ids": "<message_id>1</message_id>" * (SIZE // 26),
    "statuses": f"<r>{'<status>fail</status>' * 4000}</r>",
    "notices": "Warning: " * (SIZE // 9),
    "on line": " on line " * (SIZE // 9),
    "numbers": fail(3, f"Wrong numbers : {'a, ' * 300_000}"),
    "words": "é " * (SIZE // 3),
    "comments": "<!-- " * (SIZE // 5),
    "text": ACCEPTED.replace("879", "x" * SIZE),
}


@pytest.mark.parametrize("name", MUCH)
async def test_no_answer_costs_more_than_it_is_worth(name: str) -> None:
    """Linear in time, and in memory a few times itself."""
    gateway = answered_by(MUCH[name].encode()[:SIZE], status=400)
    taken = []
    for _ in range(2):
        begun = time.process_time()
        await gateway.send(SMS)
        taken.append(time.process_time() - begun)

    tracemalloc.start()
    await gateway.send(SMS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # A machine that runs other things is no measure: a quadratic one takes minutes.
    assert min(taken) < 0.5
    assert peak < 11 * SIZE


@pytest.mark.parametrize("name", MUCH)
@pytest.mark.parametrize(
    "ask",
    [
        EnvoyerSmsPro.balance,
        EnvoyerSmsPro.accounts,
        lambda gateway: gateway.replies("879"),
        lambda gateway: gateway.is_stopped(FRANCE),
    ],
)
async def test_only_a_gateway_s_error_is_raised(
    name: str, ask: Callable[[EnvoyerSmsPro], Awaitable[object]]
) -> None:
    """Whatever the answer."""
    with pytest.raises(GatewayError):
        await ask(answered_by(MUCH[name].encode()[: SIZE // 20]))
