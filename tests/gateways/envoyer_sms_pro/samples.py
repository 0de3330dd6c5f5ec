"""Envoyer SMS Pro under test: its document's own answers, and clients that read them."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from yarl import URL

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.model.account import (
    Credentials,
    SubAccount,
)
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount, SimulatedEnvoyerSmsPro

FRANCE = "+33600000001"
LUXEMBOURG = "+35200000077"
SMS = Sms(text="Ceci est un test", recipients=(FRANCE,))
BAD = "Bad value of parameters"

type Maker = Callable[..., EnvoyerSmsPro]

# "Fonction nouveau message", "Retour du serveur".
ACCEPTED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <message>
    <message_id>879</message_id>
    <sms_sent>2</sms_sent>
    <sms_remaing>564</sms_remaing>
  </message>
</envoyersmspro>
"""
# "Messages d'erreur".
NOT_ENOUGH = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>fail</status>
  <error>
    <request>/message/send?text=test&sendername=Societe&recipients=33600000000
  </request>
    <error_id>5</error_id>
    <error_message> Not enough SMS </error_message>
  </error>
</envoyersmspro>
"""
# "Fonction SMS restant".
STATUS = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <account>
    <sms_remaining>564</sms_remaining>
    <api_request_limit>100</api_request_limit>
  </account>
</envoyersmspro>
"""
# "Fonction liste des comptes".
ACCOUNTS = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <accounts>
    <account>
      <account_id>496</account_id>
      <account_name>SOCIETE1</account_name>
      <sms_remaining>155</ sms_remaining>
      <api_request_limit>5000</api_request_limit>
    </account>
    <account>
      <account_id>504</account_id>
      <account_name>SOCIETE2</account_name>
      <sms_remaining>5973</ sms_remaining>
      <api_request_limit>200</api_request_limit>
    </account>
  </accounts>
</envoyersmspro>
"""
LISTED = (
    SubAccount(
        account_id="496", name="SOCIETE1", credits=Decimal(155), request_limit=5000
    ),
    SubAccount(
        account_id="504", name="SOCIETE2", credits=Decimal(5973), request_limit=200
    ),
)


def fail(error_id: int | str, message: str) -> str:
    """Return a refusal in the form of the document."""
    return (
        "<envoyersmspro><status>fail</status><error><request>/message/send?text=secret&"
        f"recipients=33600000001</request><error_id>{error_id}</error_id>"
        f"<error_message>{message}</error_message></error></envoyersmspro>"
    )


def maker(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients, with other credentials than the right ones if asked.

    `patience` is how long they wait for an answer, in seconds.
    """
    simulated = simulator.envoyer_sms_pro

    def make(
        *,
        patience: float = 10,
        budget: RequestBudget | None = None,
        **credentials: Any,
    ) -> EnvoyerSmsPro:
        right = Credentials(username=simulated.username, password=simulated.password)
        return EnvoyerSmsPro(
            session,
            replace(right, **credentials),
            url=URL(simulator.url("envoyer_sms_pro")),
            sender="MAISON",
            timeouts=Timeouts(connect=10, read=patience, total=20),
            budget=budget,
        )

    return make


def open_accounts(simulated: SimulatedEnvoyerSmsPro) -> None:
    """Open the first two accounts of the document's list."""
    simulated.accounts = {
        account.account_id: SimulatedAccount(
            name=account.name,
            credits=account.credits,
            request_limit=account.request_limit or 0,
        )
        for account in LISTED
    }


def submitted(simulated: SimulatedEnvoyerSmsPro, number: int = -1) -> dict[str, str]:
    """Return the form of a request."""
    body = simulated.requests[number].body
    return {name: values[0] for name, values in parse_qs(body).items()}


def outcomes(result: SendResult) -> dict[str, Outcome]:
    """Return what became of each recipient."""
    return {each.recipient: each.outcome for each in result.submissions}
