"""How long the promise is searched for a flaw."""

import os
from typing import Final

EXAMPLES: Final = int(os.environ.get("PROMISE_EXAMPLES", "0"))
"""For each gateway, others each time; 0 for the few seconds that the suite has to spare."""
