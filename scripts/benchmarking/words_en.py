"""The words of the document, in English."""

from typing import Final

from .goals import Goal
from .plan import BARE_POST, CLICKSEND, IDLE
from .words import Words

ENGLISH: Final = Words(
    decimal_mark=".",
    thousands_mark=",",
    title="What an alert costs",
    introduction="""\
*[En français](performance.fr.md)*

Milliseconds and syncs of an alert, measured in a real Home Assistant. `scripts/benchmark core`
writes this page anew from one run. The gateways are simulated on the same machine, in another
process: what a real gateway and the Internet take comes on top, and is the same for everybody.""",
    machine="""\
Measured on {cores} cores ({processor}, {system}), file system {file_system}, with Home Assistant
{home_assistant}, Python {python} and SQLite {sqlite}. On another machine the milliseconds differ;
the syncs don't.""",
    no_file_system="unknown",
    columns="""\
Each cell is the median of several runs, with the lowest and the highest in brackets.

- **ms**: milliseconds from the call of the action until it returns. An account returns when the
  gateway has answered and the outcome is on disk.
- **× clicksend**: how many times as long as core's `clicksend`.
- **syncs**: how often the whole of Home Assistant asked the kernel to bring a file to the disk, from
  the call until all is done that it sets off. The kernel's own list of calls is counted (`strace`), in a
  run of its own. An SD card takes 5 to 50 ms for each, a disk 0.1 to 10 ms.
- **longest gap, ms**: the longest time for which the event loop did nothing else, and with it all
  other automations. Idle, it shows what the machine itself adds. Python's collection of garbage over the
  whole of Home Assistant is taken off: it comes now and then, whoever has used the memory, and stops
  everything for as long as the house is big.""",
    no_syncs="""\
**The syncs were not counted**: strace is missing or not allowed on this machine.""",
    goals_title="Goals",
    goals_text="""\
Beside each goal stands the worst of all that was measured: of the medians, and for gaps of
single runs.""",
    alert_title="One alert",
    alert_text="""\
To one recipient, through `notify.…`. All rows took turns, one alert each, so that a machine that
becomes slower is slower for all of them. A bare POST and core's `clicksend` keep nothing: after a
power cut they know nothing of the alert.""",
    journal_title="A long journal, many awaited deliveries",
    journal_text="""\
The same alert, in the same turns: through an account with nothing in its journal, through one
whose journal is full, and through one that awaits many deliveries.""",
    recipients_title="Many recipients",
    recipients_text="""\
One `send_sms` to several numbers. ETECH KEYS and 123-SMS.net take one recipient a request, SMSECO a
hundred, Envoyer SMS Pro a thousand.""",
    relay_title="Through a relay",
    relay_text="""\
The same alert through an account, and through a relay whose first account that is, in the same turns:
the relay writes down which account is to send it before it hands it over, so two journals are written.
And one `send_sms` to numbers of Cameroon, Côte d'Ivoire and France in turn, through a relay of all five
gateways, each of which refuses the numbers that it doesn't send to: whom one refuses, the next one is
handed.""",
    what="what",
    gateway="gateway",
    recipients="recipients",
    milliseconds="ms",
    milliseconds_each="ms per recipient",
    times_clicksend="× clicksend",
    syncs="syncs",
    gap="longest gap, ms",
    goal="goal",
    limit="limit",
    worst="worst",
    reached="reached",
    yes="yes",
    no="**no**",
    subjects={
        IDLE: "nothing, for 50 ms",
        BARE_POST: "a bare POST with aiohttp",
        CLICKSEND: "core's `clicksend`",
    },
    empty="{gateway}",
    journal="{gateway}, {size} messages in the journal",
    awaited="{gateway}, {size} awaited deliveries",
    relay="the same through a relay",
    relay_many="{size} recipients in three countries, through a relay of five",
    goals={
        Goal.SYNCS: "syncs of an alert",
        Goal.CLICKSEND: "an alert, compared with `clicksend`",
        Goal.MANY: "a message to {recipients} recipients",
        Goal.GAP: "the event loop's longest gap, in any row",
        Goal.FLAT_JOURNAL: "an alert with {journal} messages in the journal, compared"
        " with none",
        Goal.FLAT_AWAITED: "an alert with {awaited} awaited deliveries, compared with"
        " none",
        Goal.LINEAR: "each of {recipients} recipients, compared with each of {fewer}",
        Goal.RELAY: "an alert through a relay, compared with its account",
        Goal.RELAY_MANY: "a message to {recipients} recipients through a relay",
        Goal.RELAY_GAP: "the event loop's longest gap, through a relay",
    },
    units={
        Goal.SYNCS: "{number}",
        Goal.CLICKSEND: "{number} ×",
        Goal.MANY: "{number} s",
        Goal.GAP: "{number} ms",
        Goal.FLAT_JOURNAL: "{number} ×",
        Goal.FLAT_AWAITED: "{number} ×",
        Goal.LINEAR: "{number} ×",
        Goal.RELAY: "{number} ×",
        Goal.RELAY_MANY: "{number} s",
        Goal.RELAY_GAP: "{number} ms",
    },
)
