"""Tests of etech keys."""
