"""One file, and one style sheet, for each screen."""
