"""The guard against runaway automations."""
