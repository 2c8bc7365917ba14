"""Bytes plus whole phrases of the tasks: sequences four times shorter, and any other text still fits."""

from __future__ import annotations

from collections.abc import Iterable

PHRASES = (
    "\n\n",
    "\nA:",
    "Q: ",
    " The answer is ",
    'Q: Take the last letter of each word in "',
    '" and join them.',
    'The last letter of "',
    '" is "',
    '".',
    '"?',
    'Q: Reverse the letters of "',
    'Q: Repeat "',
    '" exactly.',
    'Q: How many letters are in "',
    'Q: Sort the letters of "',
    '" alphabetically.',
    'Q: Replace each letter of "',
    '" with the next letter of the alphabet.',
    " becomes ",
    " is ",
    "Q: What is ",
    " + ",
    " - ",
    " = ",
    ", write ",
    ", carry ",
    ", borrow ",
    "->",
    ", ",
    ". What does ",
    " map to?",
    ". Start at ",
    ". Number of arrows to follow: ",
    ". Where do you end?",
    "Q: A coin is heads up.",
    " flips the coin.",
    " does not flip the coin.",
    " Is the coin still heads up?",
    " flips it: ",
    " does not flip it: ",
    "heads",
    "tails",
    "Q: Evaluate ",
    "True",
    "False",
    "not ",
    " and ",
    " or ",
)
"Each is one token wherever it stands, the longest first."

END = "<|end|>"
"Ends an answer; the only control token."

BYTES = 256
PHRASE_IDS = {phrase: BYTES + place for place, phrase in enumerate(PHRASES)}
END_ID = BYTES + len(PHRASES)
SIZE = END_ID + 1
"Tokens in the vocabulary."

_LONGEST_FIRST = sorted(PHRASES, key=len, reverse=True)


def encode(text: str) -> list[int]:
    """Turn text into tokens exactly as llama.cpp does: phrases are cut out longest first, the rest is bytes."""
    pieces: list[str | int] = [text]
    for phrase in _LONGEST_FIRST:
        if phrase in text:
            pieces = [part for piece in pieces for part in _cut(piece, phrase)]
    tokens: list[int] = []
    for piece in pieces:
        tokens += [piece] if isinstance(piece, int) else piece.encode()
    return tokens


def _cut(piece: str | int, phrase: str) -> Iterable[str | int]:
    if isinstance(piece, int) or phrase not in piece:
        return [piece]
    parts: list[str | int] = []
    for text in piece.split(phrase):
        parts += [text, PHRASE_IDS[phrase]]
    return [part for part in parts[:-1] if part != ""]


def decode(tokens: Iterable[int]) -> str:
    """Turn tokens back into text; the end token is empty."""
    raw = b"".join(
        bytes([token]) if token < BYTES else PHRASES[token - BYTES].encode() if token < END_ID else b""
        for token in tokens
    )
    return raw.decode(errors="replace")
