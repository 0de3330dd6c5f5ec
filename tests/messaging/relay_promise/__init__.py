"""The promise of a relay, judged by what the gateways of its accounts have taken."""
