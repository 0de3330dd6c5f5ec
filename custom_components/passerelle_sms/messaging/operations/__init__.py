"""What may be asked of an account: sending, cancelling, checking numbers."""
