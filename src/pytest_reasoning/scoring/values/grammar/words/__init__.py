"""The words, numerals and characters that numbers and dates are written with."""
