"""What stands in a place: the grammars that read numbers, dates, lists, JSON and mathematics whole."""
