"""Looks at as many months as it is told, and tells what happened in them."""

import sys

from .search import search

_ENOUGH = 1_000
"""In so many months everything happens."""


def main(count: int = _ENOUGH, first: int = 0) -> int:
    """Print what was found; return 1 if something is wrong."""
    found = search(count, first)
    lines = [f"{number:9,}  {what}" for what, number in sorted(found.happened.items())]
    for seed, faults in found.faults.items():
        lines += [f"month {seed}: {fault}" for fault in faults]
    missing = found.missing if count >= _ENOUGH else []
    lines += [f"never happened: {kind}" for kind in missing]
    lines.append(f"{found.months} months, {len(found.faults)} of them with faults")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(found.faults or missing))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
