"""The rules: one place each, explained by `cgrev rules CODE`. Standard library only."""
