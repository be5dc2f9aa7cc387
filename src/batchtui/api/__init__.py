"""The way to the Message Batches API: a protocol in domain words, and the one importer of the SDK."""
