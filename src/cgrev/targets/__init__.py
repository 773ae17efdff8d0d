"""Where batches go: the protocol, the vendor's file API, a folder, credentials and the ledger.

Nothing is imported here: a command that only lists or explains must not load an HTTP client.
"""
