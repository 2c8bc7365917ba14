"""Changes that spoil a text or a file: something put in, left out, replaced, repeated or turned round."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

Mutation = tuple[str, float, int, str]
KINDS = ["insert", "delete", "replace", "repeat", "swap"]


def mutations(tokens: Sequence[str], most: int = 5) -> st.SearchStrategy[list[Mutation]]:
    """Draw a few changes of a text; `tokens` are what its language is made of."""
    one = st.tuples(
        st.sampled_from(KINDS),
        st.floats(0, 1),
        st.integers(0, 30),
        st.one_of(st.sampled_from(list(tokens)), st.text(max_size=5)),
    )
    return st.lists(one, min_size=1, max_size=most)


def mutated_text(text: str, changes: Sequence[Mutation]) -> str:
    """Apply changes one after the other."""
    for kind, where, length, token in changes:
        at = int(where * len(text))
        rest = text[at + length :]
        chunk = text[at : at + length]
        middle = {"insert": token + chunk, "delete": "", "replace": token, "repeat": chunk * 3, "swap": chunk[::-1]}
        text = text[:at] + middle[kind] + rest
    return text


def bytes_mutations(within: int) -> st.SearchStrategy[list[tuple[str, int, int, bytes]]]:
    """Draw a few changes of a file, in its first `within` bytes."""
    one = st.tuples(
        st.sampled_from([*KINDS, "cut"]),
        st.integers(0, within),
        st.integers(0, 16),
        st.one_of(
            st.binary(max_size=9),
            st.sampled_from(
                [b"\xff" * 8, b"\xff" * 4, b"\x00" * 8, b"\x00\x00\x00\x80", (2**62).to_bytes(8, "little")]
            ),
        ),
    )
    return st.lists(one, min_size=1, max_size=4)


def mutated_bytes(data: bytes, changes: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    """Apply changes one after the other; what is put in replaces as much, for most formats count their bytes."""
    for kind, at, length, token in changes:
        if kind == "cut":
            data = data[:at]
            continue
        chunk = data[at : at + length]
        middle = {"insert": token + chunk, "delete": b"", "repeat": chunk * 3, "swap": chunk[::-1]}
        if kind == "replace":
            data = data[:at] + token + data[at + len(token) :]
        else:
            data = data[:at] + middle[kind] + data[at + length :]
    return data
