"""Tests of envoyer sms pro."""
