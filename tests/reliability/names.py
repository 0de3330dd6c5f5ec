"""Names of computers, and whether they are resolved."""

import socket
from typing import override

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Names that are resolved, or not."""

    def __init__(self) -> None:
        """Know none."""
        self.is_up = False

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self.is_up:
            raise OSError("no name server answers")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    @override
    async def close(self) -> None:
        pass

    async def real_close(self) -> None:
        """Close, as Home Assistant asks for it in the end."""
