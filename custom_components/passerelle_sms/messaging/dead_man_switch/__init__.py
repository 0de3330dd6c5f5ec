"""The message that a dead house sends: it stands at a gateway, and is put off by a living one."""
