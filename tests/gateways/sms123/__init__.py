"""Tests of sms123."""
