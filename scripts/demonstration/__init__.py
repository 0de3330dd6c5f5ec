"""The demonstration: a real Home Assistant, and all five gateways at work."""
