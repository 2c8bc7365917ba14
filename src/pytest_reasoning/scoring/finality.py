"""When an answer is final: each scorer family's stop rule, as regular expressions on the completion so far.

A rule holds as soon as one of its patterns matches; nothing that follows the end of the earliest match is read, by
the scorer no more than by the engine, which ends decoding there. So a completion that was stopped and one that was
not have the same score. For that, whether a match ends at some character may depend on nothing behind it: patterns
end in the white space or mark that ends a word or a sentence, and no lookahead reaches further.

Most scorers take the last answer that is stated, since models correct themselves. They have no rule: whatever was
said, another answer may follow, and stop texts alone end them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_reasoning.records import ScorerSpec
from pytest_reasoning.scoring.answer import MARKER
from pytest_reasoning.scoring.text import normalised
from pytest_reasoning.scoring.thinking import TAGS

_TAG = rf"(?i:<\|?/?(?:{'|'.join(TAGS)})\|?>|◁/?think▷|<\|(?:channel|end|start)\|>|\[/?THINK\])"
_CLOSE = rf"(?i:<\|?/(?:{'|'.join(TAGS)})\|?>|◁/think▷|\[/THINK\])"
_NEGATION = r"(?i:\bno[rt]?\b|n't|\bnever\b|\bneither\b)"
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_WORD_END = r"(?:[\s;!?]|[.,]\s)"
_SENTENCE = (
    rf"(?=\S)(?!(?i:not\b|n't))(?:(?!{_TAG})[^\n])*?"
    r"(?:\n|(?<=[\w)\]}%\"'*”’°$])[.!?][*_\"'”’)]*\s|(?<=\w);\s)"
)
_BOXED = r"\\(?:boxed|fbox)\s*\{[^{}]*\}"
_STATED = (rf"{MARKER}{_SENTENCE}", _BOXED)
# One pattern each: where one lies inside another, the one that ends first counts, not the one that begins first.


def final_patterns(
    spec: ScorerSpec, targets: Sequence[str], *, thinking_opened: bool = False, introduction: str = ""
) -> tuple[str, ...]:
    """Return the patterns of a scorer's stop rule; empty where nothing but stop texts makes an answer final.

    Args:
        spec: the scorer with its parameters.
        targets: of the case.
        thinking_opened: the prompt ended within a thinking block, so nothing is an answer before its end.
        introduction: what the completion goes on from, where its scorer reads that too (`Strategy.extraction`).
    """
    if spec.type in ("any", "all", "weighted"):
        return ()  # a part that comes later may fail, and a failure is the score of the whole
    if spec.params.get("take") == "first":
        said = [_after(rule, "", thinking_opened) for rule in _STATED]
        if any(marker.end() == len(introduction) for marker in re.finditer(MARKER, introduction)):
            said.append(rf"\A\s*{_SENTENCE}")
        return tuple(said)
    if spec.type == "contains":
        return tuple(
            _after(_named(target, spec), f"|{_NEGATION}|\\\\", thinking_opened)
            for target in targets
            if _PLAIN.fullmatch(target) and normalised(target) == target
        )
    return ()


def final_end(patterns: Sequence[str], text: str) -> int | None:
    """Return where in `text` the answer is final, None if it never is."""
    found = [match.end() for pattern in patterns if (match := re.match(pattern, text))]
    return min(found, default=None)


def up_to_first(text: str) -> str:
    """Return a text up to the end of the first answer it states; all of it if it states none."""
    return text[: final_end([rf"(?s:.)*?{rule}" for rule in _STATED], text)]


def _after(rule: str, never: str, thinking_opened: bool) -> str:
    """Return the pattern of a rule that holds outside thinking, with nothing of `never` before it."""
    closed = rf"(?s:.*?){_CLOSE}" if thinking_opened else rf"(?:(?s:.*?){_CLOSE})??"
    return rf"\A{closed}(?s:(?!{_TAG}{never}).)*?{rule}"


def _named(target: str, spec: ScorerSpec) -> str:
    before = r"(?:\A|(?<=[\s\"'(:]))" if spec.params.get("words", True) else ""
    case = "i" if spec.params.get("ignore_case", True) else ""
    return rf"{before}(?{case}:{re.escape(target)}){_WORD_END}"
