"""The files by which the benchmark and the Home Assistant that it starts talk."""

from typing import Final

PLAN: Final = "plan.json"
ADDRESSES: Final = "addresses.json"
SAMPLES: Final = "samples.json"
TRACE: Final = "trace"
