"""The promise: an alert is never lost and never sent twice, whatever happens."""
