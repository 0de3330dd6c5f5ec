"""The journal: all messages of an account, on disk before anything leaves."""
