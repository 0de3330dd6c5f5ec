"""Envoyer SMS Pro: what accounts hold, and what is done with them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import re

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidNameError,
    InvalidOptionError,
    RateLimitedError,
    UnknownAccountError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import (
    Balance,
    SubAccount,
    Transfer,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    ACCOUNTS,
    LISTED,
    SMS,
    STATUS,
    Maker,
    fail,
    maker,
    open_accounts,
    submitted,
)


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


# --- what accounts hold -------------------------------------------------------


async def test_reads_the_credit(simulated: SimulatedEnvoyerSmsPro, make: Maker) -> None:
    """The credit and the limit of requests ("Fonction SMS restant")."""
    simulated.answer_next(STATUS, content_type="text/xml")

    balance = await make().balance()

    assert balance == Balance(credits=Decimal(564), request_limit=100)
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "account/status")
    assert (request.query, request.body) == ({}, "")


async def test_reads_a_credit_without_its_limit(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As before version 2.10.0, and with the misprint of another answer."""
    simulated.answer_next(
        "<envoyersmspro><status>success</status>"
        "<account><sms_remaing>3</ sms_remaing></account></envoyersmspro>"
    )

    assert await make().balance() == Balance(credits=Decimal(3))


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, STATUS.replace("564", ""), UnreadableAnswerError),
        (200, STATUS.replace("sms_remaining", "solde"), UnreadableAnswerError),
        (200, "564", UnreadableAnswerError),
        (200, fail(1, "Authentication failed"), AuthenticationError),
        (401, fail(1, "Authentication failed"), AuthenticationError),
        (400, "", RateLimitedError),
        (503, "", GatewayBrokenError),
    ],
)
async def test_says_why_there_is_no_credit(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    error: type[GatewayError],
) -> None:
    """An error of the document, or nothing that can be read."""
    simulated.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await make().balance()

    assert type(raised.value) is error


async def test_lists_the_accounts(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "Fonction liste des comptes" prints them, misprinted closing tags and all."""
    simulated.answer_next(ACCOUNTS, content_type="text/xml")

    assert await make().accounts() == LISTED
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "account/getallaccounts")


@pytest.mark.parametrize("misprinted_tags", [True, False])
async def test_each_account_has_its_own_credit(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, misprinted_tags: bool
) -> None:
    """The id in the password chooses; the balance tells of the others as well."""
    simulated.misprinted_tags = misprinted_tags
    open_accounts(simulated)

    result = await make(account_id="504").send(SMS)
    balance = await make(account_id="504").balance()

    assert result.remaining == 5972
    assert balance.credits == 5972
    assert balance.request_limit == 200
    assert balance.sub_accounts == (
        LISTED[0],
        replace(LISTED[1], credits=Decimal(5972)),
    )
    assert simulated.credits == 1000


async def test_the_accounts_can_be_listed_before_one_is_chosen(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The id that everything else asks for can only be learnt there."""
    open_accounts(simulated)

    assert await make().accounts() == LISTED
    with pytest.raises(AuthenticationError):
        await make().balance()


async def test_a_single_account_lists_itself(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """And its balance asks once, as there are no others to ask for."""
    [account] = await make().accounts()
    balance = await make().balance()

    assert (account.credits, account.request_limit) == (Decimal(1000), 100)
    assert balance.sub_accounts == ()
    assert simulated.asked("accounts") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (STATUS, UnreadableAnswerError),
        (
            ACCOUNTS.replace("<account_id>504</account_id>", ""),
            UnreadableAnswerError,
        ),
        (ACCOUNTS.replace("5973", "?"), UnreadableAnswerError),
        (fail(1, "Authentication failed"), AuthenticationError),
    ],
)
async def test_says_why_there_are_no_accounts(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    answer: str,
    error: type[GatewayError],
) -> None:
    """A list that can be read in part isn't the list."""
    simulated.answer_next(answer)

    with pytest.raises(GatewayError) as raised:
        await make().accounts()

    assert type(raised.value) is error


async def test_no_account_is_a_list_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """An empty one."""
    simulated.answer_next("<r><status>success</status><accounts/></r>")

    assert await make().accounts() == ()


@pytest.mark.parametrize(
    ("status", "answer", "asked_again"),
    [
        (400, "", True),
        (401, fail(1, "Authentication failed"), True),
        (403, "Forbidden", False),
        (404, "", False),
        (500, "", True),
        (200, "<html/>", True),
        (200, ACCOUNTS.replace("5973", "?"), True),
    ],
)
async def test_without_the_list_there_is_a_balance_all_the_same(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    asked_again: bool,
) -> None:
    """What was told of the others stands, also where there is no such list for us."""
    open_accounts(simulated)
    gateway = make(account_id="504")
    told = (await gateway.balance()).sub_accounts
    simulated.answer_next(answer, status=status, operation="accounts")

    balance = await gateway.balance()

    assert balance.credits == 5973
    assert balance.sub_accounts == told == LISTED
    await gateway.balance()
    assert simulated.asked("accounts") == (3 if asked_again else 2)


async def test_a_list_that_wants_the_id_of_an_account(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As the table of "Fonction liste des comptes" has it: with the id it is told."""
    open_accounts(simulated)
    simulated.list_requires_id = True

    with pytest.raises(AuthenticationError):
        await make().accounts()

    assert await make(account_id="504").accounts() == LISTED


@pytest.mark.parametrize("single_takes_id", [True, False])
async def test_an_only_account_is_named_once_it_must_be(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, single_takes_id: bool
) -> None:
    """A refusal of the login proves that nothing was done: then its id is told, too."""
    simulated.single_takes_id = single_takes_id
    gateway = make(account_id="1", is_only=True)
    for _ in range(3):
        balance = await gateway.balance()
        assert balance == Balance(credits=Decimal(1000), request_limit=100)
    assert len(simulated.requests) == 3

    await gateway.create_account("Atelier")
    first, second = await gateway.send(SMS), await gateway.send(SMS)
    balance = await gateway.balance()

    assert first.submissions[0].outcome is Outcome.ACCEPTED
    assert second.submissions[0].outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 2
    # Once refused, it is not asked for without its id again.
    assert simulated.asked("send") == 3
    assert simulated.asked("balance") == 4
    assert [account.name for account in balance.sub_accounts] == ["MAISON", "Atelier"]


@pytest.mark.parametrize(
    ("told", "limit"),
    [("5 000", 5000), ("5\u00a0000", 5000), ("5\u202f000", 5000), (" 200 ", 200)],
)
async def test_reads_a_limit_written_in_groups(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, told: str, limit: int
) -> None:
    """As French writes numbers."""
    simulated.answer_next(STATUS.replace(">100<", f">{told}<"))
    gateway = make()

    assert (await gateway.balance()).request_limit == limit
    assert gateway.budget is not None
    assert gateway.budget.limit == limit


@pytest.mark.parametrize(
    ("told", "credits_left"),
    [("564,5", "564.5"), ("1\u202f564", "1564"), (" 7.25 ", "7.25")],
)
async def test_reads_a_credit_as_french_writes_it(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, told: str, credits_left: str
) -> None:
    """With a comma, or in groups."""
    simulated.answer_next(STATUS.replace(">564<", f">{told}<"))

    assert (await make().balance()).credits == Decimal(credits_left)


# --- the limit of requests ----------------------------------------------------


class Clock:
    """A clock for both sides."""

    def __init__(self, simulated: SimulatedEnvoyerSmsPro) -> None:
        """Begin somewhere."""
        self.now = datetime(2027, 2, 10, 12, 0, tzinfo=UTC)
        simulated.clock = self.seconds

    def seconds(self) -> float:
        """Return the time as the gateway counts it."""
        return self.now.timestamp()

    def pass_time(self, time: timedelta) -> None:
        """Let it be later."""
        self.now += time

    def budget(self, limit: int) -> RequestBudget:
        """Return a budget for which as much time passes."""
        begun = self.now
        return RequestBudget(limit, lambda: self.now - begun)


async def test_one_request_too_many_is_never_made(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Refused here, it is not sent: the gateway hears of it when there is room again."""
    clock = Clock(simulated)
    simulated.request_limit = 3
    gateway = make(budget=clock.budget(3))
    for _ in range(3):
        await gateway.send(SMS)
        clock.pass_time(timedelta(minutes=10))

    result = await gateway.send(SMS)

    [submission] = result.submissions
    assert type(submission.error) is RateLimitedError
    assert submission.error.details == {"limit": "3", "minutes": "30"}
    assert submission.outcome is Outcome.NOT_SENT
    with pytest.raises(RateLimitedError):
        await gateway.create_account("SOCIETE5")
    assert len(simulated.requests) == 3

    clock.pass_time(timedelta(minutes=30))
    await gateway.send(SMS)
    assert len(simulated.accepted) == 4


async def test_a_hundred_requests_are_allowed_until_the_gateway_says_more(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "api_request_limit" tells; what makes no sense changes nothing."""
    simulated.request_limit = 5000
    gateway = make()
    assert gateway.budget is not None
    assert gateway.budget.limit == 100

    await gateway.balance()
    assert gateway.budget.limit == 5000

    for told in ("0", "-1", "", "beaucoup"):
        simulated.answer_next(STATUS.replace(">100<", f">{told}<"))
        await gateway.balance()
        assert gateway.budget.limit == 5000


async def test_the_list_tells_the_limit_of_our_own_account(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Each account has its own."""
    open_accounts(simulated)
    gateway, nobodys = make(account_id="504"), make()
    assert gateway.budget is not None
    assert nobodys.budget is not None

    await gateway.accounts()
    await nobodys.accounts()

    assert gateway.budget.limit == 200
    assert nobodys.budget.limit == 100


async def test_the_other_accounts_wait_when_requests_are_scarce(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Messages come first; what was told last stands until there is room again."""
    clock = Clock(simulated)
    open_accounts(simulated)
    simulated.accounts["504"].request_limit = 10
    gateway = make(account_id="504", budget=clock.budget(10))
    for _ in range(7):
        await gateway.send(SMS)

    # The eighth request is the last for what can wait.
    balance = await gateway.balance()
    assert balance.credits == 5966
    assert balance.sub_accounts == ()
    assert simulated.asked("accounts") == 0

    clock.pass_time(timedelta(hours=1))
    told = (await gateway.balance()).sub_accounts
    assert [account.credits for account in told] == [155, 5966]
    for _ in range(5):
        await gateway.send(SMS)

    balance = await gateway.balance()
    assert balance.credits == 5961
    assert balance.sub_accounts == told
    assert simulated.asked("accounts") == 1


# --- opening, closing and filling ---------------------------------------------

# "Fonction création de compte", "Retour du serveur".
CREATED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <account>
    <account_id>879</account_id>
  </account>
</envoyersmspro>
"""
# "Fonction suppression de compte": the list, without the limits.
LEFT = re.sub(r"\s*<api_request_limit>.*", "", ACCOUNTS)
# "Fonction transfert de SMS".
TRANSFERRED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <accounts>
    <debitaccount >
      <account_id>504</account_id>
      <account_name>SOCIETE2</account_name>
      <sms_remaining>4973</ sms_remaining>
    </debitaccount >
< creditaccount >
  <account_id>536</account_id>
  <account_name>SOCIETE3</account_name>
  <sms_remaining>1000</ sms_remaining>
</ creditaccount >
</accounts>
</envoyersmspro>
"""
EMPTY = "<envoyersmspro><status>success</status></envoyersmspro>"

type Change = Callable[[EnvoyerSmsPro], Awaitable[object]]


async def create(gateway: EnvoyerSmsPro) -> str:
    """Create the account of the document's example."""
    return await gateway.create_account("SOCIETE5")


async def delete(gateway: EnvoyerSmsPro) -> tuple[SubAccount, ...]:
    """Delete it."""
    return await gateway.delete_account("879")


async def transfer(gateway: EnvoyerSmsPro) -> Transfer:
    """Move what the document's example moves."""
    return await gateway.transfer_credits(debit="504", credit="536", amount=1000)


@pytest.mark.parametrize(
    ("change", "answer", "path", "form", "result"),
    [
        (create, CREATED, "create", {"accountname": "SOCIETE5"}, "879"),
        (
            delete,
            LEFT,
            "delete",
            {"deleteaccountid": "879"},
            tuple(replace(account, request_limit=None) for account in LISTED),
        ),
        (
            transfer,
            TRANSFERRED,
            "transfer",
            {"debitaccountid": "504", "creditaccountid": "536", "sms": "1000"},
            Transfer(
                debited=SubAccount(
                    account_id="504", name="SOCIETE2", credits=Decimal(4973)
                ),
                credited=SubAccount(
                    account_id="536", name="SOCIETE3", credits=Decimal(1000)
                ),
            ),
        ),
    ],
)
async def test_reads_what_the_document_prints(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    change: Change,
    answer: str,
    path: str,
    form: dict[str, str],
    result: object,
) -> None:
    """Each "Retour du serveur", misprinted tags and all."""
    simulated.answer_next(answer, content_type="text/xml")

    assert await change(make(account_id="504")) == result

    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", f"account/{path}")
    assert submitted(simulated) == form


@pytest.mark.parametrize("misprinted_tags", [True, False])
async def test_an_account_is_opened_filled_and_closed(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, misprinted_tags: bool
) -> None:
    """What it still holds is lost with it."""
    simulated.misprinted_tags = misprinted_tags
    open_accounts(simulated)
    gateway = make(account_id="504")

    account_id = await gateway.create_account("Été & fils")
    transferred = await gateway.transfer_credits(
        debit="504", credit=account_id, amount=973
    )

    assert transferred.debited.credits == 5000
    assert transferred.credited == SubAccount(
        account_id=account_id, name="Été & fils", credits=Decimal(973)
    )
    assert (await make(account_id=account_id).balance()).credits == 973
    left = await gateway.delete_account(account_id)
    assert [account.account_id for account in left] == ["496", "504"]
    assert [account.credits for account in left] == [155, 5000]
    assert await gateway.accounts() == (
        LISTED[0],
        replace(LISTED[1], credits=Decimal(5000)),
    )
    with pytest.raises(AuthenticationError):
        await make(account_id=account_id).balance()


async def test_a_second_account_makes_the_id_obligatory(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """For all but the list: "Obligatoire si plusieurs comptes"."""
    gateway = make()
    await gateway.balance()

    account_id = await gateway.create_account("SOCIETE5")

    with pytest.raises(AuthenticationError):
        await gateway.balance()
    first, second = await gateway.accounts()
    assert second.account_id == account_id
    assert second.credits == 0
    assert (await make(account_id=first.account_id).balance()).credits == 1000


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 51, "a\nb", "\ud800", "0612345678" * 6]
)
async def test_refuses_a_name_as_the_gateway_would(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, name: str
) -> None:
    """As the document does: "Limité à 50 caractères"; and no line breaks."""
    with pytest.raises(InvalidNameError) as raised:
        await make().create_account(name)

    assert raised.value.details["longest"] == "50"
    assert "0612345678" not in str(raised.value)
    assert simulated.requests == []


async def test_takes_the_longest_name(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Characters, not octets."""
    gateway = make()
    name = "é" * gateway.account_name_length

    account_id = await gateway.create_account(name)

    assert simulated.accounts[account_id].name == name


@pytest.mark.parametrize(
    ("debit", "credit", "amount", "error"),
    [
        ("504", "504", 1, InvalidOptionError),
        ("504", "496", 0, InvalidOptionError),
        ("504", "496", -1, InvalidOptionError),
        ("", "496", 1, UnknownAccountError),
        ("504", "  ", 1, UnknownAccountError),
        ("504", "\ud800", 1, UnknownAccountError),
    ],
)
async def test_refuses_a_transfer_that_cannot_be(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    debit: str,
    credit: str,
    amount: int,
    error: type[GatewayError],
) -> None:
    """It moves something, and from one account to another."""
    open_accounts(simulated)

    with pytest.raises(error):
        await make(account_id="504").transfer_credits(
            debit=debit, credit=credit, amount=amount
        )

    assert simulated.requests == []


@pytest.mark.parametrize(
    ("debit", "credit", "amount", "error"),
    [
        ("504", "496", 5974, InsufficientCreditError),
        ("505", "496", 1, UnknownAccountError),
        ("504", "497", 1, UnknownAccountError),
    ],
)
async def test_the_gateway_refuses_a_transfer(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    debit: str,
    credit: str,
    amount: int,
    error: type[GatewayError],
) -> None:
    """And nothing is moved."""
    open_accounts(simulated)

    with pytest.raises(error) as raised:
        await make(account_id="504").transfer_credits(
            debit=debit, credit=credit, amount=amount
        )

    assert raised.value.code == "3"
    held = [account.credits for account in simulated.accounts.values()]
    assert held == [155, 5973]


async def test_an_account_that_is_not_there_cannot_be_closed(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The gateway says so; one without a name isn't even asked for."""
    with pytest.raises(UnknownAccountError):
        await make().delete_account("879")
    with pytest.raises(UnknownAccountError):
        await make().delete_account("")

    assert simulated.asked("delete_account") == 1


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (create, EMPTY),
        (create, CREATED.replace("879", "")),
        (delete, EMPTY),
        (delete, LEFT.replace("5973", "?")),
        (transfer, EMPTY),
        (transfer, LEFT),
        (transfer, TRANSFERRED.replace("536", "537")),
        (transfer, TRANSFERRED.replace("504", "536")),
        (transfer, TRANSFERRED.replace("4973", "?")),
        (transfer, TRANSFERRED.replace("creditaccount", "compte")),
    ],
)
async def test_a_change_without_its_proof_is_unknown(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, change: Change, answer: str
) -> None:
    """An answer about other accounts, or about none."""
    simulated.answer_next(answer)

    with pytest.raises(UnreadableAnswerError):
        await change(make())


@pytest.mark.parametrize("change", [create, delete, transfer])
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.HALF_ANSWER, Fault.ERROR_500])
async def test_a_change_is_never_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, change: Change, fault: Fault
) -> None:
    """It may have been made, and a second one would be another."""
    open_accounts(simulated)
    simulated.fail(fault)

    with pytest.raises(GatewayError) as raised:
        await change(make(account_id="504"))

    assert raised.value.outcome is Outcome.UNKNOWN
    assert len(simulated.requests) == 1
