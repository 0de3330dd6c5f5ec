"""Long texts on their way: in parts, one after the other."""
