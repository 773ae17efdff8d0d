"""Files that ship with the package: the sample of `cgrev demo` (the same as samples/salesforce/report.csv)."""
