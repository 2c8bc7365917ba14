"""Readers of answers (numbers, dates, lists, JSON, mathematics …), which read the text of a place completely."""
