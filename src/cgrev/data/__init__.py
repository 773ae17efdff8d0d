"""Files that ship with the package: the sample of `cgrev demo`."""
