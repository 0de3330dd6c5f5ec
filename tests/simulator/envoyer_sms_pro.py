"""Envoyer SMS Pro, as "API SMS HTTP REST" 2.10.0 describes it."""

from base64 import b64decode
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
import time
from typing import ClassVar, Final, override
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from aiohttp import web

from .gateway import Acceptance, Operation, SimulatedGateway

# "Les limites du nombre de requête": sixty minutes from the first one.
_PERIOD: Final = 3600
# "Détails sur le nombre de destinataires".
_RECIPIENTS: Final = {"GET": 100, "POST": 1000}
# What counts one character; line breaks and special characters count two.
_PLAIN: Final = frozenset(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    "abcdefghijklmnopqrstuvwxyz¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ"
)
_REASONS: Final = {
    1: "Authentication failed",
    2: "Missing parameters",
    3: "Bad value of parameters",
    4: "Message too long",
    5: "Not enough SMS",
}
_MISSING: Final = {
    "recipients": "Recipients are missing",
    "text": "Text is missing",
    "sendername": "Sendername is missing",
}


@dataclass(slots=True, kw_only=True)
class SimulatedAccount:
    """One of several accounts behind the same login."""

    name: str
    credits: Decimal
    request_limit: int = 100


@dataclass(slots=True, kw_only=True)
class _Period:
    began: float
    requests: int = 0


class _RefusedError(Exception):
    """A refusal, by its `error_id` and what follows its words."""

    def __init__(self, error_id: int | None, details: str = "") -> None:
        reason = "Too many requests" if error_id is None else _REASONS[error_id]
        super().__init__(f"{reason} - {details}" if details else reason)
        self.error_id = error_id
        self.status = 401 if error_id == 1 else 400


class SimulatedEnvoyerSmsPro(SimulatedGateway):
    """Envoyer SMS Pro: a form with HTTP Basic, and XML for an answer."""

    key: ClassVar[str] = "envoyer_sms_pro"

    def __init__(self) -> None:
        """Open a single account, and print its answers as the document does."""
        super().__init__()
        self.accounts: dict[str, SimulatedAccount] = {}
        """Several accounts by their id; then each has its own credit and limit."""
        self.request_limit = 100
        """Requests of the single account in sixty minutes."""
        self.clock: Callable[[], float] = time.monotonic
        self.raw_ampersand = True
        """Echo the request with bare `&`, as the document's sample does."""
        self.misprinted_tags = True
        """Print `sms_remaing` and `</ sms_remaining>`, as the document's samples do."""
        self.wrong_numbers: set[str] = set()
        """Numbers that it takes for malformed, besides those that are."""
        self._periods: dict[str, _Period] = {}

    @override
    def operations(self) -> tuple[Operation, ...]:
        return tuple(
            Operation(name=name, methods=("GET", "POST"), path=path, handler=handler)
            for name, path, handler in (
                ("send", "message/send", self._send),
                ("balance", "account/status", self._balance),
                ("accounts", "account/getallaccounts", self._accounts),
            )
        )

    async def _send(self, request: web.Request) -> web.Response:
        values = await _values(request)
        try:
            account_id = self._enter(request)
            numbers = self._check(values, _RECIPIENTS[request.method])
            sms = self._billed(values)
            self._spend(account_id, sms * len(numbers))
        except _RefusedError as refusal:
            return self._refuse(request, values, refusal)
        message_id = str(878 + self.next_number())
        self.accepted.extend(
            Acceptance(
                recipient=number,
                text=values["text"],
                sender=values["sendername"],
                submission_id=message_id,
                segments=sms,
            )
            for number in numbers
        )
        remaining = "sms_remaing" if self.misprinted_tags else "sms_remaining"
        return _success(
            f"<message><message_id>{message_id}</message_id>"
            f"<sms_sent>{sms * len(numbers)}</sms_sent>"
            f"<{remaining}>{self._credits(account_id)}</{remaining}></message>"
        )

    async def _balance(self, request: web.Request) -> web.Response:
        try:
            account_id = self._enter(request)
        except _RefusedError as refusal:
            return self._refuse(request, {}, refusal)
        return _success(
            f"<account><sms_remaining>{self._credits(account_id)}</sms_remaining>"
            f"<api_request_limit>{self._limit(account_id)}</api_request_limit></account>"
        )

    async def _accounts(self, request: web.Request) -> web.Response:
        try:
            # Where else would one learn the id that all other operations ask for?
            self._enter(request, id_required=False)
        except _RefusedError as refusal:
            return self._refuse(request, {}, refusal)
        end = "</ sms_remaining>" if self.misprinted_tags else "</sms_remaining>"
        listed = self.accounts or {"1": self._single_account()}
        rows = (
            f"<account><account_id>{account_id}</account_id>"
            f"<account_name>{escape(account.name)}</account_name>"
            f"<sms_remaining>{account.credits}{end}"
            f"<api_request_limit>{account.request_limit}</api_request_limit></account>"
            for account_id, account in listed.items()
        )
        return _success(f"<accounts>{''.join(rows)}</accounts>")

    def _enter(self, request: web.Request, *, id_required: bool = True) -> str:
        """Return the id of the account, empty for the only one, and count the request.

        "Authentification", solution 1, and "Les limites du nombre de requête".
        """
        login, _, secret = _basic(request).partition(":")
        password, account_id = secret, ""
        if secret.startswith(f"{self.password}:"):
            password, account_id = self.password, secret[len(self.password) + 1 :]
        known = (
            account_id in self.accounts
            if account_id
            else not self.accounts or not id_required
        )
        if (login, password) != (self.username, self.password) or not known:
            raise _RefusedError(1)
        now = self.clock()
        period = self._periods.get(account_id)
        if period is None or now - period.began >= _PERIOD:
            period = self._periods[account_id] = _Period(began=now)
        period.requests += 1
        if period.requests > self._limit(account_id):
            raise _RefusedError(None)
        return account_id

    def _check(self, values: Mapping[str, str], maximum: int) -> list[str]:
        """Return the numbers of a request that breaks no rule ("Messages d'erreur")."""
        for name, words in _MISSING.items():
            if name not in values:
                raise _RefusedError(2, words)
        if not values["text"]:
            raise _RefusedError(3, "No message found")
        _check_sender(values["sendername"])
        numbers = [number for number in values["recipients"].split(",") if number]
        if not numbers:
            raise _RefusedError(3, "No number found")
        if len(numbers) > maximum:
            raise _RefusedError(3, "Too many recipients")
        if wrong := [number for number in numbers if self._is_wrong(number)]:
            raise _RefusedError(3, f"Wrong numbers : {','.join(wrong)}")
        return numbers

    def _is_wrong(self, number: str) -> bool:
        return (
            number in self.wrong_numbers
            or not number.isdecimal()
            or not 8 <= len(number) <= 15
            or number.startswith("0")
        )

    def _billed(self, values: Mapping[str, str]) -> int:
        """Return how many SMS a text is billed as ("Détails sur le long SMS")."""
        characters = sum(1 if c in _PLAIN else 2 for c in values["text"])
        if characters <= 160:
            return 1
        if characters > 459 or values.get("longmessageallowed") != "1":
            raise _RefusedError(4)
        return 2 if characters <= 306 else 3

    def _single_account(self) -> SimulatedAccount:
        return SimulatedAccount(
            name="MAISON", credits=self.credits, request_limit=self.request_limit
        )

    def _limit(self, account_id: str) -> int:
        account = self.accounts.get(account_id)
        return account.request_limit if account else self.request_limit

    def _credits(self, account_id: str) -> Decimal:
        account = self.accounts.get(account_id)
        return account.credits if account else self.credits

    def _spend(self, account_id: str, sms: int) -> None:
        if sms > self._credits(account_id):
            raise _RefusedError(5)
        if account_id:
            self.accounts[account_id].credits -= sms
        else:
            self.credits -= sms

    def _refuse(
        self, request: web.Request, values: Mapping[str, str], refusal: _RefusedError
    ) -> web.Response:
        path = request.path.removeprefix(f"/{self.key}")
        echo = f"{path}?{urlencode(values)}" if values else path
        known = refusal.error_id is not None
        error_id = f"    <error_id>{refusal.error_id}</error_id>\n" if known else ""
        return _xml(
            "  <status>fail</status>\n  <error>\n"
            f"    <request>{echo if self.raw_ampersand else escape(echo)}\n"
            f"  </request>\n{error_id}"
            f"    <error_message> {escape(str(refusal))} </error_message>\n  </error>",
            status=refusal.status,
        )


def _check_sender(sender: str) -> None:
    if not sender:
        raise _RefusedError(3, "No sendername found")
    if len(sender) < 3:
        raise _RefusedError(3, "Sendername must be longer than 2 characters")
    if len(sender) > 11:
        raise _RefusedError(3, "Sendername must be shorter than 12 characters")
    if not all(c == " " or (c.isascii() and c.isalnum()) for c in sender):
        raise _RefusedError(3, "Sendername cannot contain special characters")
    if sender.replace(" ", "").isdecimal():
        raise _RefusedError(3, "Sendername cannot be a number")


def _basic(request: web.Request) -> str:
    """Return the user name and the secret of "HTTP Basic Authentication"."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        return b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except binascii.Error, UnicodeDecodeError:
        return ""


async def _values(request: web.Request) -> dict[str, str]:
    form = await request.post()
    sent = {name: value for name, value in form.items() if isinstance(value, str)}
    return {**request.query, **sent}


def _success(body: str) -> web.Response:
    return _xml(f"  <status>success</status>\n  {body}")


def _xml(body: str, *, status: int = 200) -> web.Response:
    return web.Response(
        text=f'<?xml version="1.0" encoding="UTF-8"?>\n<envoyersmspro>\n{body}\n'
        "</envoyersmspro>\n",
        status=status,
        content_type="text/xml",
    )
