"""Home Assistant's custom components."""
