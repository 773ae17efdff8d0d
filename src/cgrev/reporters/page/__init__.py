"""The HTML report: `html` puts it together from sections, a style sheet and one script."""
