"""Makes prompts of exactly so many tokens for the tokenizer of any GGUF file."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

from timing import Prompt, Size

WORD = re.compile(rb" [a-z]{2,12}")
SAMPLED = 5000
"Tokens of a vocabulary in which words are looked for."
ENOUGH_WORDS = 100
LETTERS = "cdefghijklmnopqrstuvwxyz "
"For a vocabulary without words, such as that of `random_model.py`."
MOST_TRIES = 1000
TAIL_CHARS = 30
"How much of a text is tokenized again with each further word; the whole text is checked in the end."


class Writer:
    """Writes random text whose length is counted in one model's tokens, as the engine counts them."""

    def __init__(self, model: Path, seed: int) -> None:
        """Read the model's vocabulary."""
        self._llama = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
        self._adds_bos = llama_cpp.llama_vocab_get_add_bos(llama_cpp.llama_model_get_vocab(self._llama.model))
        self._random = random.Random(seed)
        count = self._llama.n_vocab()
        pieces = [self._llama.detokenize([one]) for one in self._random.sample(range(count), min(count, SAMPLED))]
        words = [piece.decode("ascii") for piece in pieces if WORD.fullmatch(piece)]
        self._words: Sequence[str] = words if len(words) >= ENOUGH_WORDS else LETTERS

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a whole prompt, with a beginning-of-sequence token where the model wants one."""
        found: list[int] = self._llama.tokenize(text.encode(), add_bos=self._adds_bos, special=True)
        return found

    def prefix(self, size: Size) -> str:
        """Return a text of `size.prefix` tokens."""
        return self._longer("", size.prefix - len(self.tokens("")))

    def prompts(self, prefix: str, size: Size, count: int) -> tuple[Prompt, ...]:
        """Return prompts that begin with the prefix and have `size.own` more tokens, no two of them equal."""
        found: dict[str, Prompt] = {}
        while len(found) < count:
            text = self._longer(prefix, size.own)
            found[text] = Prompt(text=text, tokens=tuple(self.tokens(text)))
        return tuple(found.values())

    def _longer(self, text: str, count: int) -> str:
        """Return `text` with `count` more tokens; its own tokens stay the same.

        Raises:
            ValueError: this vocabulary has no words that could be appended.
        """
        before = self.tokens(text)
        for _ in range(MOST_TRIES):
            longer = text + self._appended(text[-TAIL_CHARS:], count)
            tokens = self.tokens(longer)
            if len(tokens) == len(before) + count and tokens[: len(before)] == before:
                return longer
        raise ValueError("no text has this number of tokens")

    def _appended(self, tail: str, count: int) -> str:
        """Return words that are `count` tokens after `tail`, most probably also after a text that ends with it."""
        start = len(tail)
        for _ in range(count):
            tokens = self.tokens(tail[-TAIL_CHARS:])
            for _ in range(MOST_TRIES):
                word = self._random.choice(self._words)
                if self.tokens(tail[-TAIL_CHARS:] + word)[:-1] == tokens:
                    tail += word
                    break
        return tail[start:]
