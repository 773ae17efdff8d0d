"""From the columns of a source to the six: headers, profiles, skipping of rows, joins."""
