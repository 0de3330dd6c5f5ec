"""The five gateways on the wire: asyncio and aiohttp only, no Home Assistant."""
