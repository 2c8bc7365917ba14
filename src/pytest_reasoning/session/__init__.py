"""One pytest session: its options, the models it asks, the items it runs and how it ends."""
