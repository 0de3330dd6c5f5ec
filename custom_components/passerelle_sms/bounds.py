"""How much callers and forms may give. It is checked before anything else is done with it.

`docs/messages.md` tells them.
"""

from datetime import timedelta
from typing import Final

LONGEST_TEXT: Final = 10_000
"""Characters of a message."""
LONGEST_LINE: Final = 1_000
"""Characters of a title, of what stands for a field, of an option of a gateway."""
LONGEST_NAME: Final = 200
"""Characters of a name, a number, an id, a sender, a tag, or a secret."""
LONGEST_URL: Final = 2_000

LONGEST_TARGETS: Final = 100_000
"""Characters of all targets, as several may stand in one text."""
MOST_GROUPS: Final = 100
MOST_FIELDS: Final = 20
"""Fields that a recipient of a mail merge may have, and options of a gateway."""
MOST_DATA: Final = 200
"""Options in the data of a notify service, with those of other notifiers."""
LONGEST_MERGED: Final = 200_000
"""Characters of all that a mail merge is given, and of all its texts, filled in."""

MOST_ROWS: Final = 500
"""Of an answer."""
MOST_TRANSACTIONS: Final = 1_000
MOST_CREDITS: Final = 1_000_000
LARGEST_OPTION: Final = 10**12

FIRST_YEAR: Final = 2000
FIRST_YEAR_OF_BIRTH: Final = 1900
LAST_YEAR: Final = 2199
FARTHEST_SCHEDULE: Final = timedelta(days=366)

SHORTEST_LIFE: Final = timedelta(seconds=1)
# How long somebody waits for a delivery, at the longest.
LONGEST_WAIT: Final = timedelta(minutes=15)
