"""What a config entry says about an account or a relay, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
import hashlib
from typing import Any, Self

from yarl import URL

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import (
    CONF_API_KEY,
    CONF_COUNTRY,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)

from ..const import (
    CONF_ACCOUNT_ID,
    CONF_ACCOUNTS,
    CONF_ALONE,
    CONF_DELIVER_WITHIN,
    CONF_DELIVERY_REPORTS,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_LOW_BALANCE,
    CONF_ONLY_ACCOUNT,
    CONF_PHONE,
    CONF_POLL_MINUTES,
    CONF_RECIPIENTS,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SENDER,
    CONF_STRIP_TAGS,
    CONF_TOLD_ACCOUNT_ID,
    CONF_TOO_LONG,
    DEFAULT_LOW_BALANCE,
    DEFAULT_POLL,
    SUBENTRY_GROUP,
    SUBENTRY_RECIPIENT,
)
from ..gateways.catalogue import GATEWAYS
from ..gateways.gateway import Gateway
from ..gateways.model.account import Credentials
from ..messaging.guard.guard import GuardLimits
from ..messaging.invisible import trimmed
from ..messaging.recipients.address_book import AddressBook, Group, Recipient, Target
from ..messaging.recipients.names import is_name, tidied
from ..messaging.text.encoding import EncodingChoice
from ..messaging.text.splitting import TooLong
from ..messaging.text.writing import Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What a client of a gateway needs."""

    gateway: type[Gateway]
    credentials: Credentials
    url: URL = field(repr=False)
    verify_ssl: bool
    sender: str | None = field(repr=False)
    long_messages: bool
    delivery_reports: bool
    told_id: str = field(default="", repr=False, compare=False)
    """Which account it is, where its gateway has told that; a client doesn't need it."""

    @classmethod
    def of(cls, data: Mapping[str, Any], options: Mapping[str, Any]) -> Self:
        """Return what an account's data and options say."""
        return cls(
            gateway=gateway_class(data),
            credentials=credentials(data),
            url=URL(data[CONF_URL]),
            verify_ssl=data[CONF_VERIFY_SSL],
            sender=data.get(CONF_SENDER),
            long_messages=options.get(CONF_LONG_MESSAGES, False),
            delivery_reports=options.get(CONF_DELIVERY_REPORTS, False),
            told_id=data.get(CONF_TOLD_ACCOUNT_ID, ""),
        )

    @property
    def identity(self) -> str:
        """What tells the account from all others: the unique id of its entry."""
        return _identity(self.gateway, self.credentials, self.told_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySettings:
    """What an account and a relay go by."""

    title: str = field(repr=False)
    country: str
    """Whose national numbers are understood, ISO 3166-1 alpha-2."""
    recipients: tuple[Recipient, ...] = field(repr=False)
    """In the order in which they were added."""
    groups: tuple[Group, ...] = field(repr=False)
    writing: Writing
    """Of messages that name nothing else."""
    guard_limits: GuardLimits

    @property
    def address_book(self) -> AddressBook:
        """Whom it knows, and how it reads the numbers of others."""
        return AddressBook(self.recipients, self.country, self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings(EntrySettings):
    """All that an account goes by."""

    gateway: GatewaySettings
    poll_interval: timedelta
    """Never under what the gateway allows."""
    low_balance: Decimal
    """The credits at which the user wants to be warned."""
    is_alone: bool
    """Whether nobody else sends through the account, so that a fall of its balance is
    ours; until the user says otherwise, it is so."""

    @classmethod
    def of(cls, entry: ConfigEntry) -> Self:
        """Return what a config entry says."""
        options = entry.options
        return cls(
            title=entry.title,
            gateway=GatewaySettings.of(entry.data, options),
            country=entry.data[CONF_COUNTRY],
            recipients=_recipients(entry),
            groups=_groups(entry),
            writing=_writing(options),
            guard_limits=_guard_limits(options),
            poll_interval=_poll_interval(entry),
            low_balance=Decimal(options.get(CONF_LOW_BALANCE, DEFAULT_LOW_BALANCE)),
            is_alone=options.get(CONF_ALONE, True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings(EntrySettings):
    """All that a relay goes by."""

    accounts: tuple[str, ...]
    """The ids of its accounts' config entries, in the order in which they are chosen."""
    deliver_within: timedelta
    """After how long without a delivery the next account sends it; zero for never."""

    @classmethod
    def of(cls, entry: ConfigEntry, options: Mapping[str, Any]) -> Self:
        """Return what a config entry says, and its options with its first account's."""
        return cls(
            title=entry.title,
            country=entry.data[CONF_COUNTRY],
            recipients=_recipients(entry),
            groups=_groups(entry),
            writing=_writing(options),
            guard_limits=_guard_limits(options),
            accounts=tuple(entry.data[CONF_ACCOUNTS]),
            deliver_within=timedelta(minutes=options.get(CONF_DELIVER_WITHIN, 0)),
        )


def gateway_class(data: Mapping[str, Any]) -> type[Gateway]:
    """Return the gateway that an account's data name."""
    return GATEWAYS[data[CONF_GATEWAY]]


def credentials(data: Mapping[str, Any]) -> Credentials:
    """Return the credentials in an account's data."""
    return Credentials(
        username=data.get(CONF_USERNAME, ""),
        password=data.get(CONF_PASSWORD, ""),
        api_key=data.get(CONF_API_KEY, ""),
        account_id=data.get(CONF_ACCOUNT_ID, ""),
        is_only=data.get(CONF_ONLY_ACCOUNT, False),
    )


def unique_id(data: Mapping[str, Any]) -> str:
    """Return what tells an account from all others."""
    told_id = data.get(CONF_TOLD_ACCOUNT_ID, "")
    return _identity(gateway_class(data), credentials(data), told_id)


def has_same_login(known: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Return whether two accounts' data log in alike, to whichever account it is."""
    return _login(known) == _login(data)


def is_same_account(known: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Return whether new data are those of the account that is known.

    What was not known of it before may be anything. Where a secret is all that there is,
    a new one is the same account's new one.
    """
    if CONF_USERNAME not in data:
        return True
    told = known.get(CONF_TOLD_ACCOUNT_ID), data.get(CONF_TOLD_ACCOUNT_ID)
    if all(told):
        return told[0] == told[1]
    chosen = known.get(CONF_ACCOUNT_ID), data.get(CONF_ACCOUNT_ID)
    return has_same_login(known, data) and (not chosen[0] or chosen[0] == chosen[1])


def _identity(gateway: type[Gateway], proof: Credentials, told_id: str) -> str:
    """Return a digest: what identifies an account may be its secret, or a number."""
    fields = [trimmed(getattr(proof, field)) for field in gateway.identity_fields]
    identity = [told_id] if told_id else fields
    digest = hashlib.sha256("\n".join((gateway.key, *identity)).encode())
    return digest.hexdigest()[:32]


def _login(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how an account is logged in to, but for which of several it is."""
    gateway = gateway_class(data)
    fields = [field for field in gateway.identity_fields if field != CONF_ACCOUNT_ID]
    return (gateway.key, *(trimmed(data.get(field, "")) for field in fields))


def _recipients(entry: ConfigEntry) -> tuple[Recipient, ...]:
    return tuple(map(_recipient, entry.get_subentries_of_type(SUBENTRY_RECIPIENT)))


def _recipient(subentry: ConfigSubentry) -> Recipient:
    return Recipient(number=subentry.data[CONF_PHONE], name=recipient_name(subentry))


def _groups(entry: ConfigEntry) -> tuple[Group, ...]:
    groups = entry.get_subentries_of_type(SUBENTRY_GROUP)
    return tuple(_group(entry, subentry) for subentry in groups)


def _group(entry: ConfigEntry, subentry: ConfigSubentry) -> Group:
    members = map(_recipient, group_members(entry, subentry))
    return Group(name=recipient_name(subentry), members=tuple(members))


def group_members(
    entry: ConfigEntry, group: ConfigSubentry
) -> tuple[ConfigSubentry, ...]:
    """Return the recipients of a group, without those who were removed since."""
    ids = group.data[CONF_RECIPIENTS]
    return tuple(entry.subentries[one] for one in ids if one in entry.subentries)


def recipients_and_groups(entry: ConfigEntry) -> tuple[ConfigSubentry, ...]:
    """Return all who have a name, a service and an entity of their own."""
    return (
        *entry.get_subentries_of_type(SUBENTRY_RECIPIENT),
        *entry.get_subentries_of_type(SUBENTRY_GROUP),
    )


def recipient_name(subentry: ConfigSubentry) -> str:
    """Return what a recipient, or a group, is called.

    It is its title, which users can change anywhere. A title that is no name might be a
    number, which must not be shown as a name is.
    """
    title = tidied(subentry.title)
    return title if is_name(title) else str(subentry.data[CONF_NAME])


def recipient_targets(entry: ConfigEntry, subentry_id: str) -> tuple[Target, ...]:
    """Return the target that means one recipient or group, or none once it is removed.

    It is no name: two recipients may be given the same.
    """
    subentry = entry.subentries.get(subentry_id)
    if subentry is None:
        return ()
    is_group = subentry.subentry_type == SUBENTRY_GROUP
    return (_group(entry, subentry) if is_group else _recipient(subentry),)


def _poll_interval(entry: ConfigEntry) -> timedelta:
    minutes = entry.options.get(CONF_POLL_MINUTES)
    chosen = DEFAULT_POLL if minutes is None else timedelta(minutes=minutes)
    return max(chosen, gateway_class(entry.data).limits.minimum_poll)


def _writing(options: Mapping[str, Any]) -> Writing:
    usual = Writing()
    return Writing(
        encoding=EncodingChoice(options.get(CONF_ENCODING, usual.encoding)),
        too_long=TooLong(options.get(CONF_TOO_LONG, usual.too_long)),
        strip_tags=options.get(CONF_STRIP_TAGS, usual.strip_tags),
    )


def _guard_limits(options: Mapping[str, Any]) -> GuardLimits:
    usual = GuardLimits()
    minutes = options.get(CONF_IDENTICAL_MINUTES)
    return GuardLimits(
        segments_per_hour=options.get(CONF_SEGMENTS_PER_HOUR, usual.segments_per_hour),
        segments_per_day=options.get(CONF_SEGMENTS_PER_DAY, usual.segments_per_day),
        identical_window=usual.identical_window
        if minutes is None
        else timedelta(minutes=minutes),
    )
