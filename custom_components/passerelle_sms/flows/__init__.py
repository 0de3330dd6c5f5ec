"""The forms: adding and changing an account, its options, its recipients."""
