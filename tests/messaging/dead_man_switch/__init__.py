"""Tests of the dead man's switch."""
