"""How much work something is, whatever machine does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import sys
from types import FrameType, ModuleType
from typing import Any

from custom_components.passerelle_sms.messaging import tracking


@dataclass
class Steps:
    """Lines that were run, each turn of a loop anew."""

    count: int = 0


def _folder(package: ModuleType) -> str:
    assert package.__file__ is not None
    return str(Path(package.__file__).parent)


@contextmanager
def count_steps(*packages: ModuleType) -> Iterator[Steps]:
    """Count the lines of these packages that are run meanwhile; of the tracking's else."""
    folders = tuple(_folder(package) for package in packages or (tracking,))
    steps, before = Steps(), sys.gettrace()

    def on_line(_frame: FrameType, event: str, _arg: object) -> Any:
        steps.count += event == "line"
        return on_line

    def on_call(frame: FrameType, _event: str, _arg: object) -> Any:
        return on_line if frame.f_code.co_filename.startswith(folders) else None

    sys.settrace(on_call)
    try:
        yield steps
    finally:
        sys.settrace(before)
