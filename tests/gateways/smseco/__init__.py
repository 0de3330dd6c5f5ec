"""Tests of smseco."""
