"""What a relay does with messages: it hands them to its accounts, one after the other."""
