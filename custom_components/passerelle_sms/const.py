"""Names that the storage, the translations and the users' scripts know."""

from datetime import timedelta
from typing import Final

DOMAIN: Final = "passerelle_sms"

# What a config entry holds, beside Home Assistant's own names.
CONF_ACCOUNT_ID: Final = "account_id"
CONF_GATEWAY: Final = "gateway"
CONF_SENDER: Final = "sender"

# The part of a form that most users never open.
SECTION_ADVANCED: Final = "advanced"

# The options of an account.
CONF_ENCODING: Final = "encoding"
CONF_LONG_MESSAGES: Final = "long_messages"
CONF_POLL_MINUTES: Final = "poll_minutes"
DEFAULT_POLL: Final = timedelta(minutes=30)

SUBENTRY_RECIPIENT: Final = "recipient"
CONF_PHONE: Final = "phone"

# The fields of an action.
ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_ENCODING: Final = "encoding"
ATTR_MESSAGE: Final = "message"
ATTR_SENDER: Final = "sender"
ATTR_TARGET: Final = "target"
ATTR_TITLE: Final = "title"
