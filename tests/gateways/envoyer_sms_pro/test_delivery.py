"""Envoyer SMS Pro: what becomes of messages after they were handed over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    GatewayBrokenError,
    GatewayError,
    InvalidOptionError,
    MessageNotReadyError,
    NoRepliesError,
    NotCancellableError,
    UnknownMessageError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Replies,
    Reply,
    Sent,
    find_number,
)
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Scheduled,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    FRANCE,
    LUXEMBOURG,
    SMS,
    Maker,
    fail,
    maker,
    open_accounts,
    submitted,
)

NOW = datetime(2027, 2, 10, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

# "Fonction statistiques des messages", "Retour du serveur".
STATS = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <stats>
    <number_status_1>1</number_status_1>
    <number_status_2>1</number_status_2>
    <number_status_3>0</number_status_3>
    <number_status_4>0</number_status_4>
    <number_status_5>0</number_status_5>
  <recipient>
    <mobile_number>33600000001</mobile_number>
        <delivered_date>2011-02-10 13:32:00</delivered_date>
        <status_id>1</status_id>
    </recipient>
    <recipient>
        <mobile_number>352000000077</mobile_number>
        <delivered_date></delivered_date>
        <status_id>2</status_id>
    </recipient>
</stats>
</envoyersmspro>
"""
# "Fonction annulation d'envoi de message programmé".
CANCELLED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <message>
    <message_id>879</message_id>
    <recredited_sms>2</recredited_sms>
    <sms_remaing>564</sms_remaing>
  </message>
</envoyersmspro>
"""
# "Fonction consultation des réponses".
RESPONSES = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <responses>
    <number_of_response>3</number_of_response>
    <response>
      <mobile_number>33600000000</mobile_number>
      <date>2014-09-01 08:24:04</date>
        <content>Le texte de la première réponse</content>
    </response>
    <response>
        <mobile_number>33600000001</mobile_number>
        <date>2014-09-01 08:29:04</date>
        <content>Le texte de la deuxième réponse</content>
    </response>
    <response>
        <mobile_number>33600000002</mobile_number>
        <date>2014-09-01 08:38:04</date>
        <content>Le texte de la troisième réponse</content>
    </response>
</responses>
</envoyersmspro>
"""
EMPTY = "<envoyersmspro><status>success</status></envoyersmspro>"


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


def sent(submission_id: str | None, *recipients: str) -> tuple[Sent, ...]:
    """Return submissions that share an id."""
    return tuple(
        Sent(recipient=recipient, submission_id=submission_id)
        for recipient in recipients or (FRANCE,)
    )


def scheduled(submission_id: str | None) -> Scheduled:
    """Return what is cancelled by its id."""
    return Scheduled(
        recipients=(FRANCE, LUXEMBOURG),
        text=SMS.text,
        sender=None,
        send_at=LATER,
        submission_id=submission_id,
    )


# --- delivery -----------------------------------------------------------------


async def test_one_answer_tells_about_all_of_one_id(make: Maker) -> None:
    """One id stands for all recipients of a request; without one there is no asking."""
    first, second = sent("879", FRANCE, LUXEMBOURG)
    [other] = sent("880")

    groups = make().delivery_requests([first, other, second, *sent(None), *sent("")])

    assert groups == ((first, second), (other,))
    assert make().delivery_requests([]) == ()


async def test_reads_the_delivery(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "Retour du serveur" prints it; the time is that of Paris."""
    simulated.answer_next(STATS, content_type="text/xml")

    reports = await make().delivery(sent("879", FRANCE, "+352000000077"))

    assert reports == (
        DeliveryReport(
            submission_id="879",
            recipient="33600000001",
            status=DeliveryStatus.DELIVERED,
            code="1",
            at=datetime(2011, 2, 10, 12, 32, tzinfo=UTC),
        ),
        DeliveryReport(
            submission_id="879",
            recipient="352000000077",
            status=DeliveryStatus.UNDELIVERED,
            code="2",
        ),
    )
    assert reports[0].is_about(FRANCE)
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "message/stats")
    assert submitted(simulated) == {"messageid": "879"}


@pytest.mark.parametrize(
    ("status_id", "status", "is_final"),
    [
        (1, DeliveryStatus.DELIVERED, True),
        (2, DeliveryStatus.UNDELIVERED, True),
        (3, DeliveryStatus.PENDING, False),
        (4, DeliveryStatus.PENDING, False),
        (5, DeliveryStatus.OPTED_OUT, True),
        (6, DeliveryStatus.PENDING, False),
    ],
)
async def test_understands_every_status(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status_id: int,
    status: DeliveryStatus,
    is_final: bool,
) -> None:
    """As in "Les statuts de réception des SMS"; any other is called final nowhere."""
    gateway = make()
    simulated.now = lambda: NOW
    [submission] = (await gateway.send(SMS)).submissions
    assert submission.submission_id is not None
    assert submission.delivery is DeliveryStatus.PENDING
    simulated.deliver(submission.submission_id, "33600000001", status_id)

    [report] = await gateway.delivery(sent(submission.submission_id))

    assert (report.status, report.code) == (status, str(status_id))
    assert report.status.is_final is is_final
    assert report.at == (NOW if status_id == 1 else None)


async def test_follows_a_message_to_its_recipients(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Nothing before its time; then under way, stopped, and delivered."""
    now = NOW
    simulated.now = lambda: now
    simulated.stopped = {"35200000077"}
    gateway = make()
    result = await gateway.send(
        replace(SMS, recipients=(FRANCE, LUXEMBOURG), options=SmsOptions(send_at=LATER))
    )
    [group] = gateway.delivery_requests(
        [
            Sent(recipient=submission.recipient, submission_id=submission.submission_id)
            for submission in result.submissions
        ]
    )
    message_id = group[0].submission_id or ""

    # Error 8: it is no error that it hasn't been sent yet.
    assert await gateway.delivery(group) == ()

    now = LATER
    assert [report.status for report in await gateway.delivery(group)] == [
        DeliveryStatus.PENDING,
        DeliveryStatus.OPTED_OUT,
    ]

    simulated.deliver(message_id, "33600000001")
    first, _ = await gateway.delivery(group)
    assert first.status is DeliveryStatus.DELIVERED
    assert first.at == LATER


async def test_the_gateway_does_not_know_the_message(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Error 7; nor does it know those of another account, or of none."""
    open_accounts(simulated)
    [submission] = (await make(account_id="496").send(SMS)).submissions
    other = make(account_id="504")

    for unknown in ("1", submission.submission_id):
        with pytest.raises(UnknownMessageError):
            await other.delivery(sent(unknown))
    asked = len(simulated.requests)
    with pytest.raises(UnknownMessageError):
        await other.delivery(sent(None))
    assert len(simulated.requests) == asked


@pytest.mark.parametrize(
    "answer",
    [
        EMPTY,
        CANCELLED,
        STATS.replace("status_id>", "statut>"),
        STATS.replace("mobile_number>", "numero>"),
        "OK",
    ],
)
async def test_a_delivery_that_cannot_be_read_is_none(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, answer: str
) -> None:
    """Neither is one of which no row can be."""
    gateway = make()
    simulated.answer_next(answer)

    with pytest.raises(UnreadableAnswerError):
        await gateway.delivery(sent("879"))

    assert gateway.last_unreadable is not None


@pytest.mark.parametrize(
    "second",
    [
        STATS.replace("<status_id>2</status_id>", ""),
        STATS.replace("<status_id>2", "<status_id>délivré"),
        STATS.replace("<status_id>2", "<status_id>352000000077"),
        STATS.replace("<status_id>2", "<status_id>-1"),
        STATS.replace("352000000077", "?"),
        STATS.replace("<mobile_number>352000000077</mobile_number>", ""),
        STATS.replace("352000000077", "<3 & <b \x01"),
        STATS.replace("352000000077", "</mobile_number></recipient>"),
    ],
)
async def test_a_row_that_cannot_be_read_costs_no_other(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, second: str
) -> None:
    """It says nothing about its recipient, who is asked about again."""
    simulated.answer_next(second)

    [report] = await make().delivery(sent("879", FRANCE, "+352000000077"))

    assert report.is_about(FRANCE)
    assert report.status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ("33600000001", FRANCE),
        ("+33 6 00 00 00 01", FRANCE),
        ("0033600000001", FRANCE),
        ("06 00 00 00 01", FRANCE),
        ("0600000001", FRANCE),
        ("0692123456", "+262692123456"),
    ],
)
async def test_a_number_may_be_written_as_it_is_dialled(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, written: str, recipient: str
) -> None:
    """Also that of an overseas department."""
    simulated.answer_next(STATS.replace("33600000001", written))
    numbers = (recipient, "+352000000077")

    first, _ = await make().delivery(sent("879", *numbers))

    assert first.is_about(recipient)
    assert find_number(first.recipient, numbers) == recipient


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("03/09/2014 08:24", datetime(2014, 9, 3, 6, 24, tzinfo=UTC)),
        ("03/09/2014 08:24:04", datetime(2014, 9, 3, 6, 24, 4, tzinfo=UTC)),
        ("3-9-2014", datetime(2014, 9, 2, 22, tzinfo=UTC)),
        ("2014-09-03T08:24:04", datetime(2014, 9, 3, 6, 24, 4, tzinfo=UTC)),
        ("0001-01-01 00:00:00", None),
        ("9999-12-31 23:59:59", None),
        ("1999-12-31 23:59:59", None),
        ("2200-01-01 00:00:00", None),
        ("31/02/2014 08:24", None),
        ("03/09/2014 8 h", None),
        ("hier", None),
    ],
)
async def test_reads_a_date_with_the_day_first(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, written: str, at: datetime | None
) -> None:
    """As it is written in France; what can't be is no date."""
    simulated.answer_next(STATS.replace("2011-02-10 13:32:00", written))

    first, _ = await make().delivery(sent("879"))

    assert (first.status, first.at) == (DeliveryStatus.DELIVERED, at)


async def test_no_more_rows_are_read_than_a_message_has_recipients(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """A thousand at most."""
    row = "<recipient><mobile_number>{}</mobile_number><status_id>3</status_id></recipient>"
    rows = "".join(row.format(33600000000 + number) for number in range(1100))
    simulated.answer_next(f"<r><status>success</status><stats>{rows}</stats></r>")

    reports = await make().delivery(sent("879"))

    assert len(reports) == 1000
    assert reports[-1].recipient == "33600000999"


async def test_nobody_is_a_delivery_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """An answer may leave some out; a date that isn't one is left out as well."""
    simulated.answer_next("<r><status>success</status><stats/></r>")
    assert await make().delivery(sent("879")) == ()

    simulated.answer_next(STATS.replace("2011-02-10 13:32:00", "0000-00-00 00:00:00"))
    first, _ = await make().delivery(sent("879"))
    assert (first.status, first.at) == (DeliveryStatus.DELIVERED, None)


# --- cancelling ---------------------------------------------------------------


async def test_reads_a_cancellation(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "Retour du serveur" prints it."""
    simulated.answer_next(CANCELLED, content_type="text/xml")
    gateway = make()
    [request] = gateway.cancel_requests(scheduled("879"))

    cancellation = await gateway.cancel(request)

    assert cancellation == Cancellation(credits_back=Decimal(2), remaining=Decimal(564))
    [asked] = simulated.requests
    assert (asked.method, asked.path) == ("POST", "message/cancel")
    assert submitted(simulated) == {"messageid": "879"}


async def test_cancels_until_it_is_too_late(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The credits come back, once; what is being sent or was sent stays so."""
    now = NOW
    simulated.now = lambda: now
    gateway = make()
    sms = replace(
        SMS, recipients=(FRANCE, LUXEMBOURG), options=SmsOptions(send_at=LATER)
    )
    ids = [(await gateway.send(sms)).submissions[0].submission_id for _ in range(2)]
    assert simulated.credits == 996

    assert await gateway.cancel(scheduled(ids[0])) == Cancellation(
        credits_back=Decimal(2), remaining=Decimal(998)
    )
    assert simulated.credits == 998
    with pytest.raises(AlreadyCancelledError):
        await gateway.cancel(scheduled(ids[0]))
    assert simulated.credits == 998

    now = LATER
    with pytest.raises(NotCancellableError) as raised:
        await gateway.cancel(scheduled(ids[1]))
    assert (type(raised.value), raised.value.code) == (NotCancellableError, "9")
    now += timedelta(minutes=1)
    with pytest.raises(NotCancellableError) as raised:
        await gateway.cancel(scheduled(ids[1]))
    assert (type(raised.value), raised.value.code) == (NotCancellableError, "10")

    assert [simulated.is_sent(each) for each in simulated.messages.values()] == [
        False,
        True,
    ]


async def test_there_is_nothing_to_cancel(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Error 7, and no question without an id."""
    with pytest.raises(UnknownMessageError):
        await make().cancel(scheduled("1"))
    with pytest.raises(UnknownMessageError):
        await make().cancel(scheduled(None))

    assert simulated.asked("cancel") == 1


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, EMPTY, UnreadableAnswerError),
        (200, CANCELLED.replace("879", "880"), UnreadableAnswerError),
        (502, "", GatewayBrokenError),
    ],
)
async def test_a_cancellation_without_its_proof_is_unknown(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    error: type[GatewayError],
) -> None:
    """That of another message proves nothing."""
    simulated.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await make().cancel(scheduled("879"))

    assert type(raised.value) is error
    assert raised.value.outcome is Outcome.UNKNOWN


async def test_a_cancellation_is_not_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Even if its answer is cut: what was given back is told by the balance."""
    simulated.now = lambda: NOW
    gateway = make()
    result = await gateway.send(replace(SMS, options=SmsOptions(send_at=LATER)))
    simulated.fail(Fault.CUT_AFTER)

    with pytest.raises(GatewayError) as raised:
        await gateway.cancel(scheduled(result.submissions[0].submission_id))

    assert raised.value.outcome is Outcome.UNKNOWN
    assert simulated.asked("cancel") == 1
    assert simulated.credits == 1000


async def test_a_cancellation_tells_what_it_knows(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The credit may be missing."""
    simulated.answer_next(
        "<r><status>success</status><message><message_id>879</message_id></message></r>"
    )

    assert await make().cancel(scheduled("879")) == Cancellation()


# --- replies ------------------------------------------------------------------


async def test_reads_the_replies(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "Retour du serveur" prints them; the time is that of Paris, in summer."""
    simulated.answer_next(RESPONSES, content_type="text/xml")

    replies = await make().replies("879")

    assert replies == Replies(
        total=3,
        replies=tuple(
            Reply(
                sender=f"+3360000000{number}",
                text=f"Le texte de la {nth} réponse",
                at=datetime(2014, 9, 1, 6, minute, 4, tzinfo=UTC),
            )
            for number, nth, minute in (
                (0, "première", 24),
                (1, "deuxième", 29),
                (2, "troisième", 38),
            )
        ),
    )
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "response/get")
    assert submitted(simulated) == {"messageid": "879"}


async def test_reads_the_replies_page_by_page(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Fifty at most; the offset is the number of the first one."""
    simulated.now = lambda: NOW
    gateway = make()
    result = await gateway.send(replace(SMS, options=SmsOptions(allow_replies=True)))
    message_id = result.submissions[0].submission_id or ""
    texts = [f"Réponse <{number}> & fin" for number in range(120)]
    for text in texts:
        simulated.reply(message_id, "33600000001", text)

    read: list[Reply] = []
    sizes = []
    while len(read) < 120:
        page = await gateway.replies(message_id, offset=len(read))
        assert page.total == 120
        sizes.append(len(page.replies))
        read.extend(page.replies)

    assert sizes == [50, 50, 20]
    assert [reply.text for reply in read] == texts
    assert {(reply.sender, reply.at) for reply in read} == {(FRANCE, NOW)}
    assert submitted(simulated)["offset"] == "100"
    assert (await gateway.replies(message_id, offset=120)).replies == ()


async def test_an_offset_behind_the_last_reply_is_refused(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """By the gateway; one before the first is not even asked for."""
    gateway = make()
    result = await gateway.send(replace(SMS, options=SmsOptions(allow_replies=True)))
    message_id = result.submissions[0].submission_id or ""

    for offset in (1, -1):
        with pytest.raises(InvalidOptionError) as raised:
            await gateway.replies(message_id, offset=offset)
        assert raised.value.details["option"] == "offset"
    assert simulated.asked("replies") == 1


async def test_says_why_there_are_no_replies(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Nobody asked for them, nothing was sent yet, or there is no such message."""
    now = NOW
    simulated.now = lambda: now
    gateway = make()
    [plain] = (await gateway.send(SMS)).submissions
    [waiting] = (
        await gateway.send(
            replace(SMS, options=SmsOptions(allow_replies=True, send_at=LATER))
        )
    ).submissions

    with pytest.raises(NoRepliesError):
        await gateway.replies(plain.submission_id or "")
    with pytest.raises(MessageNotReadyError):
        await gateway.replies(waiting.submission_id or "")
    with pytest.raises(UnknownMessageError):
        await gateway.replies("1")
    asked = len(simulated.requests)
    with pytest.raises(UnknownMessageError):
        await gateway.replies("")
    assert len(simulated.requests) == asked

    now = LATER
    assert await gateway.replies(waiting.submission_id or "") == Replies(
        total=0, replies=()
    )


async def test_replies_that_cannot_be_read_are_none(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """A success that tells of none at all is about something else."""
    for answer in (EMPTY, STATS):
        simulated.answer_next(answer)
        with pytest.raises(UnreadableAnswerError):
            await make().replies("879")


@pytest.mark.parametrize(
    ("second", "reply"),
    [
        ("Je t'aime <3", None),
        ("1 < 2 > 0 & <-", None),
        ("<b", None),
        ("a <b>gras</i> c", None),
        ("<coucou> à tous", None),
        ("]]>", None),
        ("<request>fin", None),
        ("<error><error_id>5</error_id></error><status>fail</status>", "5fail"),
        ("<i>oui</i>", "oui"),
        ("<![CDATA[oui & <b]]>", "oui & <b"),
        ("o\x00u\x0bi\x1b[0m", "oui[0m"),
        ("&eacute;t&#233; &#xD83D;&#0;!", "été !"),
        ("&lt;3", "<3"),
        ("oui</content>non", "oui"),
        ("oui</response>", ""),
        ("", ""),
    ],
)
async def test_whatever_stands_in_a_reply_costs_no_other(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, second: str, reply: str | None
) -> None:
    """Anybody writes them, and the gateway may print them as they are."""
    simulated.answer_next(RESPONSES.replace("Le texte de la deuxième réponse", second))

    replies = await make().replies("879")

    assert replies.total == 3
    texts = [each.text for each in replies.replies]
    assert texts == [
        "Le texte de la première réponse",
        second if reply is None else reply,
        "Le texte de la troisième réponse",
    ]
    assert replies.replies[2].sender == "+33600000002"


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("06 00 00 00 02", "+33600000002"),
        ("0033600000002", "+33600000002"),
        ("+33 (0)6 00 00 00 02", "+33600000002"),
        ("+352 00 00 00 77", "+35200000077"),
        ("36111", "36111"),
        ("MAISON", "MAISON"),
        ("Maison 2", "Maison 2"),
        ("&Eacute;cole", "École"),
        ("A" * 400, "A" * 32),
        ("", ""),
    ],
)
async def test_a_reply_may_come_from_a_name_or_from_nobody(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, written: str, sender: str
) -> None:
    """What there is of it is told."""
    simulated.answer_next(RESPONSES.replace("33600000002", written))

    replies = await make().replies("879")

    assert len(replies.replies) == 3
    assert replies.replies[2].sender == sender
    assert replies.replies[2].text == "Le texte de la troisième réponse"


async def test_a_reply_keeps_what_there_is(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Every row counts: the next page begins behind as many."""
    simulated.answer_next(
        "<r><status>success</status><responses><response><content>oui</content>"
        "</response><response/></responses></r>"
    )

    assert await make().replies("879", offset=3) == Replies(
        total=5,
        replies=(
            Reply(sender="", text="oui", at=None),
            Reply(sender="", text="", at=None),
        ),
    )


async def test_no_replies_are_a_page_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """With their number, or without."""
    for number in ("", "<number_of_response>0</number_of_response>"):
        simulated.answer_next(
            f"<r><status>success</status><responses>{number}</responses></r>"
        )
        assert await make().replies("879") == Replies(total=0, replies=())


async def test_a_page_has_fifty_replies(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As the document says; what more there is stands on the next one."""
    rows = "<response><content>oui</content></response>" * 60
    simulated.answer_next(
        "<r><status>success</status><responses><number_of_response>60"
        f"</number_of_response>{rows}</responses></r>"
    )

    replies = await make().replies("879")

    assert (len(replies.replies), replies.total) == (50, 60)


async def test_a_reply_is_no_longer_than_a_message(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """And nothing of it stands where it may be logged."""
    simulated.answer_next(
        RESPONSES.replace("Le texte de la deuxième réponse", "x" * 500_000)
    )

    replies = await make().replies("879")

    assert len(replies.replies[1].text) == 10_000
    assert "xxx" not in repr(replies)
    assert "3360" not in repr(replies)


async def test_a_number_in_a_refusal_stays_inside(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Whatever the gateway writes into its words."""
    simulated.answer_next(fail(7, "Unknown messageid for 33600000001"))

    with pytest.raises(UnknownMessageError) as raised:
        await make().replies("879")

    assert raised.value.words == "Unknown messageid for ***01"
