"""Names that the storage, the translations and the users' scripts know."""

from datetime import timedelta
from typing import Final

DOMAIN: Final = "passerelle_sms"

# What a config entry holds, beside Home Assistant's own names.
CONF_ACCOUNT_ID: Final = "account_id"
CONF_GATEWAY: Final = "gateway"
# The accounts of a relay, in the order in which they are chosen.
CONF_ACCOUNTS: Final = "accounts"
# What a relay has in the place of a gateway.
GATEWAY_RELAY: Final = "relay"
# Whether the account was the only one behind its login when its id was told.
CONF_ONLY_ACCOUNT: Final = "only_account"
CONF_SENDER: Final = "sender"
# Which account it is, where its gateway tells that whatever the login.
CONF_TOLD_ACCOUNT_ID: Final = "told_account_id"

# What an options form shows, and never keeps.
CONF_WEBHOOK_URL: Final = "webhook_url"

# The part of a form that most users never open.
SECTION_ADVANCED: Final = "advanced"

# The options of an account or a relay.
CONF_ALONE: Final = "alone"
# In minutes, of a relay; 0 waits for ever.
CONF_DELIVER_WITHIN: Final = "deliver_within"
CONF_DELIVERY_REPORTS: Final = "delivery_reports"
CONF_ENCODING: Final = "encoding"
CONF_LONG_MESSAGES: Final = "long_messages"
CONF_IDENTICAL_MINUTES: Final = "identical_minutes"
CONF_LOW_BALANCE: Final = "low_balance"
CONF_POLL_MINUTES: Final = "poll_minutes"
CONF_SEGMENTS_PER_DAY: Final = "segments_per_day"
CONF_SEGMENTS_PER_HOUR: Final = "segments_per_hour"
CONF_STRIP_TAGS: Final = "strip_tags"
CONF_TOO_LONG: Final = "too_long"
DEFAULT_POLL: Final = timedelta(minutes=30)
DEFAULT_LOW_BALANCE: Final = 20

# How long, and how many messages, the journal remembers.
JOURNAL_AGE: Final = timedelta(days=90)
JOURNAL_LENGTH: Final = 10_000

SUBENTRY_DEAD_MAN_SWITCH: Final = "dead_man_switch"
SUBENTRY_GROUP: Final = "group"
SUBENTRY_RECIPIENT: Final = "recipient"
CONF_PHONE: Final = "phone"
# The ids of a group's recipients, in their order; of a dead man's switch, also of groups.
CONF_RECIPIENTS: Final = "recipients"
# Of a dead man's switch: its text, after how many minutes it is sent, and what is sent
# once the house is back.
CONF_MESSAGE: Final = "message"
CONF_DELAY: Final = "delay"
CONF_MESSAGE_BACK: Final = "message_back"

# The one type of our events on Home Assistant's bus.
EVENT: Final = f"{DOMAIN}_event"

# The fields of an action.
ATTR_ACCOUNT_ID: Final = "account_id"
ATTR_ALLOW_REPLIES: Final = "allow_replies"
ATTR_BIRTHDAY: Final = "birthday"
ATTR_COMPANY: Final = "company"
ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_CREDITS: Final = "credits"
ATTR_ENCODING: Final = "encoding"
ATTR_FIRST_NAME: Final = "first_name"
ATTR_FLASH: Final = "flash"
ATTR_FROM_ACCOUNT_ID: Final = "from_account_id"
ATTR_GATEWAY_OPTIONS: Final = "gateway_options"
ATTR_GROUP: Final = "group"
ATTR_GROUPS: Final = "groups"
ATTR_LIMIT: Final = "limit"
ATTR_MESSAGE: Final = "message"
ATTR_MESSAGE_ID: Final = "message_id"
ATTR_NEW_NAME: Final = "new_name"
ATTR_NEW_PHONE: Final = "new_phone"
ATTR_ON_UNKNOWN: Final = "on_unknown"
ATTR_OUTCOME: Final = "outcome"
ATTR_PERSONALISATION: Final = "personalisation"
ATTR_PHONE: Final = "phone"
ATTR_QUANTITY: Final = "quantity"
ATTR_RECIPIENT: Final = "recipient"
ATTR_SENDER: Final = "sender"
ATTR_SEND_AT: Final = "send_at"
ATTR_SINCE: Final = "since"
ATTR_STOP_MENTION: Final = "stop_mention"
ATTR_TAG: Final = "tag"
ATTR_TARGET: Final = "target"
ATTR_TEST: Final = "test"
ATTR_TIME_TO_LIVE: Final = "time_to_live"
ATTR_TITLE: Final = "title"
ATTR_TOO_LONG: Final = "too_long"
ATTR_TO_ACCOUNT_ID: Final = "to_account_id"
ATTR_UNTIL: Final = "until"
ATTR_URGENT: Final = "urgent"
ATTR_VARIABLE_1: Final = "variable_1"
ATTR_VARIABLE_2: Final = "variable_2"
ATTR_VARIABLE_3: Final = "variable_3"
ATTR_VOICE: Final = "voice"
ATTR_WAIT_FOR_DELIVERY: Final = "wait_for_delivery"
