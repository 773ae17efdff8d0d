"""The verbs of the library, `cgrev.check` and `cgrev.convert`; the command line calls them, too."""
