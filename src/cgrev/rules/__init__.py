"""The rules: one place each, explained by `cgrev rules CODE`. No library but msgspec."""
