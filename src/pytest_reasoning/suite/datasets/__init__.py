"""Cases from rows of files."""
