"""Tests of what a config entry stands for."""
