"""Tests of the actions, by what they are about."""
