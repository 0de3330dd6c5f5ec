"""What a relay takes in: what at least one of its accounts could ever send."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, override

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.abilities.options import (
    AddsStopMention,
    SendsFlash,
)
from custom_components.passerelle_sms.gateways.errors import (
    EmptyMessageError,
    InvalidRecipientError,
    InvalidSenderError,
    MessageTooLongError,
    MissingFieldError,
    OptionNotSupportedError,
    RelayWithoutAccountsError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.limits import Limits, SenderRule
from custom_components.passerelle_sms.gateways.model.message import Encoding, Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.model.segments import Measure
from custom_components.passerelle_sms.messaging.operations.rules import Taken
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.relay.relay_rules import RelayRules
from custom_components.passerelle_sms.messaging.runtime.turns import at_once
from custom_components.passerelle_sms.messaging.text.encoding import EncodingChoice
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_gateways import SilentGateway

SPLIT, CUT, REFUSE = TooLong
LONG = "Alarme à la cave. " * 30


class Cameroonian(SilentGateway):
    """Sends to Cameroon only, five segments at once."""

    limits = Limits(segments=5)

    @override
    def local_number(self, recipient: str) -> str:
        if not recipient.startswith("+237"):
            raise InvalidRecipientError(code="CM")
        return recipient


class Ivorian(SilentGateway, SendsFlash, AddsStopMention):
    """Sends to Côte d'Ivoire only, one segment at once, with a sender that is short."""

    limits = Limits(segments=1)
    sender_rule = SenderRule(longest=6)
    stop_mention = "\nSTOP"

    @override
    def local_number(self, recipient: str) -> str:
        if not recipient.startswith("+225"):
            raise InvalidRecipientError(code="CI")
        return recipient


class Doubling(SilentGateway):
    """Sends anywhere, and counts every segment twice."""

    measured = 0

    @override
    def measure(self, text: str) -> Measure:
        self.measured += 1
        told = super().measure(text)
        return replace(told, segments=2 * told.segments)


@dataclass
class Account:
    """An account of a relay."""

    gateway: Gateway


@pytest.fixture
def cameroonian(session: aiohttp.ClientSession) -> Cameroonian:
    """Return a gateway for Cameroon."""
    return Cameroonian(session)


@pytest.fixture
def ivorian(session: aiohttp.ClientSession) -> Ivorian:
    """Return a gateway for Côte d'Ivoire."""
    return Ivorian(session)


@pytest.fixture
def doubling(session: aiohttp.ClientSession) -> Doubling:
    """Return a gateway for all the world."""
    return Doubling(session)


def rules(*gateways: Gateway) -> RelayRules:
    """Return the rules of a relay with accounts at these gateways."""
    accounts = [*map(Account, gateways)]
    return RelayRules(lambda: accounts)


def take(
    of: RelayRules, sms: Sms, numbers: Sequence[str], too_long: TooLong = SPLIT
) -> Taken:
    """Return what a relay takes in."""
    recipients = [Recipient(number=number) for number in numbers]
    return at_once(
        of.take(replace(sms, recipients=tuple(numbers)), recipients, too_long)
    )


def sms(text: str = "Citerne vide", **options: Any) -> Sms:
    """Return a message that nobody is meant to read yet."""
    return Sms(text=text, recipients=(), options=SmsOptions(**options))


def segments(taken: Taken) -> list[int | None]:
    """Return what is expected to be paid for each recipient."""
    return [row.segments for row in taken.submissions]


# --- for whom -----------------------------------------------------------------------------


def test_each_recipient_is_measured_by_the_first_who_can_send_there(
    cameroonian: Cameroonian, ivorian: Ivorian, doubling: Doubling
) -> None:
    """In the order of the accounts; for each there is one row, whole."""
    of = rules(cameroonian, ivorian, doubling)

    taken = take(of, sms(), [MAMAN, PAPA, "+33612345678"])

    assert segments(taken) == [1, 1, 2]
    assert [row.key for row in taken.submissions] == [MAMAN, PAPA, "+33612345678"]
    assert not taken.parts
    assert (taken.segments, taken.encoding) == (2, Encoding.GSM7)
    assert taken.refused == {}
    assert of.key == "relay"


def test_whom_no_account_can_send_to_is_refused_alone(
    cameroonian: Cameroonian, ivorian: Ivorian
) -> None:
    """By what the first account says of the number."""
    taken = take(rules(cameroonian, ivorian), sms(), [MAMAN, "+33612345678", PAPA])

    assert taken.refused.keys() == {"+33612345678"}
    assert taken.refused["+33612345678"].code == "CM"
    assert segments(taken) == [1, None, 1]


def test_what_no_account_can_send_to_anybody_is_not_taken_in(
    cameroonian: Cameroonian,
) -> None:
    """With the reason of the first recipient."""
    with pytest.raises(InvalidRecipientError):
        take(rules(cameroonian), sms(), [PAPA, "+33612345678"])


def test_a_relay_without_accounts_takes_nothing_in() -> None:
    """And says so, whatever it is asked."""
    of = rules()

    with pytest.raises(RelayWithoutAccountsError):
        take(of, sms(), [MAMAN])
    with pytest.raises(RelayWithoutAccountsError):
        of.measure(sms())
    with pytest.raises(RelayWithoutAccountsError):
        of.preview("Citerne vide", EncodingChoice.AUTOMATIC, SPLIT)


def test_accounts_that_come_later_are_asked(cameroonian: Cameroonian) -> None:
    """Whoever is there when it is asked."""
    accounts: list[Account] = []
    of = RelayRules(lambda: accounts)
    accounts.append(Account(cameroonian))

    assert segments(take(of, sms(), [MAMAN])) == [1]


# --- by whose rules -----------------------------------------------------------------------


def test_a_text_that_is_too_long_for_one_account_is_whole_for_the_next(
    ivorian: Ivorian, doubling: Doubling
) -> None:
    """Where it is to be refused."""
    text = "a" * 300

    taken = take(rules(ivorian, doubling), sms(text), [PAPA], REFUSE)

    assert segments(taken) == [4]
    assert taken.too_long is REFUSE


@pytest.mark.parametrize(("too_long", "expected"), [(SPLIT, 4), (CUT, 1)])
def test_a_text_that_is_split_takes_what_its_parts_do(
    ivorian: Ivorian, too_long: TooLong, expected: int
) -> None:
    """But the account splits it, and the relay keeps it whole."""
    taken = take(rules(ivorian), sms(LONG), [PAPA], too_long)

    assert segments(taken) == [expected]
    assert (taken.segments, taken.sms.text, taken.too_long) == (
        expected,
        LONG,
        too_long,
    )
    assert not taken.parts


def test_a_text_that_is_too_long_for_all_is_refused(
    ivorian: Ivorian, cameroonian: Cameroonian
) -> None:
    """For whoever can be sent to, as what is wrong with a number says more."""
    text = "a" * 1000

    with pytest.raises(MessageTooLongError):
        take(rules(ivorian), sms(text), [PAPA], REFUSE)
    with pytest.raises(InvalidRecipientError):
        take(rules(ivorian, cameroonian), sms(text), [PAPA], REFUSE)


def test_an_option_is_left_to_the_account_that_knows_it(
    ivorian: Ivorian, doubling: Doubling
) -> None:
    """Also where another one comes first."""
    flash = sms(flash=True)

    assert segments(take(rules(doubling, ivorian), flash, [PAPA])) == [1]
    with pytest.raises(OptionNotSupportedError):
        take(rules(doubling), flash, [PAPA])


def test_the_senders_of_the_accounts_are_their_own(
    ivorian: Ivorian, doubling: Doubling
) -> None:
    """One that the message brings has to please the account's gateway."""
    long = replace(sms(), sender="CITERNE")

    assert segments(take(rules(ivorian, doubling), long, [PAPA])) == [2]
    with pytest.raises(InvalidSenderError):
        take(rules(ivorian), long, [PAPA])


def test_a_text_of_nothing_is_refused_for_everybody(doubling: Doubling) -> None:
    """As by an account."""
    with pytest.raises(EmptyMessageError):
        take(rules(doubling), sms(" "), [MAMAN, PAPA])


@pytest.mark.parametrize("year", [2026, 9999])
def test_what_is_sent_later_is_kept_here(doubling: Doubling, year: int) -> None:
    """No gateway's calendar matters then; what leaves at once is not kept."""
    later = sms(send_at=datetime(year, 12, 31, 12, tzinfo=UTC))

    taken = take(rules(doubling), later, [MAMAN])

    assert taken.is_kept
    assert taken.sms.options.send_at == later.options.send_at
    assert not take(rules(doubling), sms(), [MAMAN]).is_kept


# --- what each reads ----------------------------------------------------------------------


def test_each_recipients_own_text_is_measured(
    cameroonian: Cameroonian, ivorian: Ivorian
) -> None:
    """Who reads too much for all accounts is refused, and nobody else."""
    merged = sms(
        "Bonjour {nom}",
        personalisation={
            MAMAN: {"nom": "a" * 200},
            PAPA: {"nom": "a" * 200},
            "+237695688208": {"nom": "Zoé €"},
        },
        texts={"+237695688208": "Bonjour ŵ {nom}"},
    )

    taken = take(
        rules(cameroonian, ivorian), merged, [MAMAN, PAPA, "+237695688208"], REFUSE
    )

    assert segments(taken) == [2, None, 1]
    assert isinstance(taken.refused[PAPA], InvalidRecipientError)
    assert taken.encoding is Encoding.UCS2
    assert taken.sms.options.personalisation == merged.options.personalisation


def test_a_recipient_without_a_value_is_the_callers_mistake(doubling: Doubling) -> None:
    """Nothing is taken in for anybody, as by an account."""
    merged = sms("Bonjour {nom}", personalisation={MAMAN: {"nom": "Zoé"}})

    with pytest.raises(MissingFieldError):
        take(rules(doubling), merged, [MAMAN, PAPA])


# --- how it is counted --------------------------------------------------------------------


def test_a_text_is_written_as_the_first_account_counts_that_takes_its_options(
    doubling: Doubling, ivorian: Ivorian
) -> None:
    """The first of all where none takes them."""
    assert rules(doubling, ivorian).measure(sms()).segments == 2
    assert rules(doubling, ivorian).measure(sms(flash=True)).segments == 1
    assert rules(doubling).measure(sms(flash=True)).segments == 2
    mention = sms("a" * 158, stop_mention=True)
    assert rules(doubling, ivorian).measure(mention).segments == 2


def test_a_text_is_previewed_as_the_first_account_would_send_it(
    ivorian: Ivorian, doubling: Doubling
) -> None:
    """In its parts."""
    told = rules(ivorian, doubling).preview(LONG, EncodingChoice.AUTOMATIC, SPLIT)

    assert len(told.parts) == told.segments == 4
    whole = rules(doubling, ivorian).preview(LONG, EncodingChoice.AUTOMATIC, SPLIT)
    assert (len(whole.parts), whole.segments) == (1, 8)


def test_a_text_is_measured_once_for_a_thousand_recipients(
    cameroonian: Cameroonian, ivorian: Ivorian, doubling: Doubling
) -> None:
    """Once for each account; and others have their turn meanwhile."""
    numbers = [f"+2376956{n:05}" for n in range(500)]
    numbers += [f"+336123{n:05}" for n in range(500)]
    of = rules(cameroonian, ivorian, doubling)
    recipients = [Recipient(number=number) for number in numbers]

    turns = sum(1 for _ in of.take(sms(LONG), recipients, SPLIT))

    assert turns == 1000
    assert doubling.measured < 100


def test_what_accounts_on_their_way_may_take_is_taken_in(doubling: Doubling) -> None:
    """In the first second of a house; but for what nobody takes."""
    of = RelayRules(list, are_missing=lambda: True)

    assert segments(take(of, sms(), [MAMAN])) == [1]
    assert of.measure(sms()).segments == 1
    assert of.preview("Citerne vide", EncodingChoice.EXACT, SPLIT).segments == 1
    with pytest.raises(EmptyMessageError):
        take(of, sms(" "), [MAMAN])
