"""Widgets that know nothing of batches: tables, panes and dialogs for any text, however hostile."""
