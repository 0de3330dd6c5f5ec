"""Starts Home Assistant as its own command does, without what no SMS needs.

Voice, pictures and radio are not set up, though Home Assistant does so unasked: they
want ffmpeg. Their packages that want a compiler or libturbojpeg are only ever imported
here, so that something of their name is enough.

And it stays on loopback: its HTTP client asks the local network for names by multicast
DNS, which is nobody's business here, and fails on a machine without any network.
"""

import sys
from types import ModuleType
from typing import Final

from homeassistant import bootstrap
from homeassistant.__main__ import main
from homeassistant.components import zeroconf
from homeassistant.components.zeroconf.models import HaZeroconf

_LEFT_OUT: Final = {
    "ai_task",
    "assist_satellite",
    "camera",
    "conversation",
    "image_processing",
    "infrared",
    "radio_frequency",
    "tts",
}
_STAND_INS: Final = {
    "pymicro_vad": "MicroVad",
    "pyspeex_noise": "AudioProcessor",
    "turbojpeg": "TurboJPEG",
}


class LoopbackZeroconf(HaZeroconf):
    """Multicast DNS that nobody hears."""

    def __init__(self, **_: object) -> None:
        """Listen on loopback, whatever the networks are."""
        super().__init__(interfaces=["127.0.0.1"])


def _stand_in() -> None:
    """Let the packages that are not installed be imported."""
    for package, name in _STAND_INS.items():
        module = ModuleType(package)
        setattr(module, name, object)
        sys.modules[package] = module


def prepare() -> None:
    """Make what is about to start ready for a machine like this."""
    _stand_in()
    bootstrap.DEFAULT_INTEGRATIONS -= _LEFT_OUT
    # Home Assistant looks this name up when it needs one; a class is no variable to mypy.
    zeroconf.HaZeroconf = LoopbackZeroconf  # type: ignore[assignment, misc]


if __name__ == "__main__":
    prepare()
    sys.exit(main())
