"""Tests of devcodesms."""
