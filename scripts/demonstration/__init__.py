"""The demonstration: one alert through each gateway, from a real Home Assistant."""
