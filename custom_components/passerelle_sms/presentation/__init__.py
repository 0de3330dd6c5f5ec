"""What users read: events, errors, issues, and how values are written."""
