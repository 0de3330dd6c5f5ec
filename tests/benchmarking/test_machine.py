"""The description of the machine."""

from pathlib import Path

import pytest

from scripts.benchmarking.machine import Machine, file_system

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /run tmpfs rw 0 0
/dev/sdb1 /srv/data btrfs rw 0 0
overlay /srv/data overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/etc", "ext4"),
        ("/run/lock", "tmpfs"),
        ("/running", "ext4"),
        ("/srv/data/house", "overlay"),
    ],
)
def test_finds_the_file_system_of_a_folder(folder: str, kind: str) -> None:
    """The nearest one above it, and of two there the later one."""
    assert file_system(MOUNTS, Path(folder)) == kind


def test_knows_no_file_system_where_none_is_told() -> None:
    """Not every system has that list."""
    assert file_system("", Path("/etc")) is None


def test_describes_this_machine(tmp_path: Path) -> None:
    """With at least one core, and without its paths."""
    machine = Machine.holding(tmp_path)
    assert machine.cores > 0
    assert str(tmp_path) not in str(machine)
