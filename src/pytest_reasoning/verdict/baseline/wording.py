"""The wording of comparisons: the reason in one line, and the lines that name the cases that flipped."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_reasoning.records import Status, Verdict
from pytest_reasoning.stats import cases_to_show_margin, visible_drop, visible_drop_of_changes
from pytest_reasoning.text.wording import counted, listed, quoted
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, Flip, SuitePart

_HEADS = {"failed": "regression", "passed": "no regression", "undecided": "undecided"}


def judged_reason(comparison: Comparison, settings: ComparisonSettings) -> str:
    """Return the reason of a comparison that was judged."""
    head = _HEADS[comparison.verdict]
    if comparison.called_in_whole and comparison.suite and comparison.verdict == "passed":
        head = "no regression of its own (the whole run's is one)"
    moved = comparison.n_lost or comparison.n_gained
    if comparison.identical == comparison.pairs and not moved and not comparison.against:
        every = counted(comparison.pairs, "case")
        return f"{head}: all {every} answered as before, word for word{_left_out(comparison)}"
    if comparison.across_prompts:
        head += f", {_asked(comparison)}"
    figures = _figures(comparison, settings)
    parts = [f"{head}: {_counts(comparison)} ({figures})", _named(comparison)]
    parts.append(_judgement(comparison, settings))
    if comparison.verdict != "passed" and comparison.cause is not None:
        parts.append(_cause(comparison))
    return "; ".join(part for part in parts if part) + _left_out(comparison)


def whole_stopped_reason(stopped: Sequence[Comparison]) -> tuple[Verdict, str] | None:
    """Return the verdict and reason of a whole run if some of its suites were not judged, else None."""
    errors = [one for one in stopped if one.verdict == "error"]
    if errors:
        return "error", f"{errors[0].name}: {errors[0].reason}"
    if stopped:
        were = f"{counted(len(stopped), 'comparison')} {'was' if len(stopped) == 1 else 'were'}"
        return "skipped", f"{were} not made, first {stopped[0].name}: {stopped[0].reason}"
    return None


def altered_reason(comparison: Comparison, settings: ComparisonSettings) -> str:
    """Return the reason of a comparison that judges nothing because every case is now asked in another way."""
    if not comparison.altered:
        return f"no case of the baseline is left{_left_out(comparison)} (save it again to compare from here)"
    parts = " and ".join(comparison.altered_parts)
    if comparison.against:
        verb = "is" if len(comparison.altered_parts) == 1 else "are"
        return (
            f"{parts} {verb} not that of {comparison.against} in all {counted(comparison.pairs, 'case')}: "
            f"{_counts(comparison)}; not compared (let the models file set the same for both)"
        )
    model = f"; {comparison.cause}" if comparison.cause is not None and comparison.cause.changed else ""
    remedy = "judge it with --reasoning-across-prompts, or save the baseline again to compare from here"
    return (
        f"{_asked(comparison)}: {_counts(comparison)} ({_figures(comparison, settings)}); whether the "
        f"model is the cause is not judged{model}{_left_out(comparison, altered=False)} ({remedy})"
    )


def comparison_lines(comparison: Comparison, most_flips: int = 20) -> tuple[str, ...]:
    """Return the lines below the reason: each flipped case with both answers, and the cases left out."""
    lines: list[str] = []
    for part in comparison.parts[:most_flips]:
        if part.n_lost or part.n_gained:
            lines.append(
                f"{quoted(f'{part.suite} / {part.strategy}')}: {part.before_correct:.4g}/{part.pairs} correct "
                f"before, {part.now_correct:.4g} now ({part.n_lost} lost, {part.n_gained} gained{_pooled(part)})"
                f"{', a regression of its own' if part.called else ''}"
            )
    lines += [line for line in (drift_line(comparison), comparison.across_machines) if line]
    for word, flips in (("lost", comparison.lost), ("gained", comparison.gained)):
        lines += [f"{word} {_flip(flip, comparison)}" for flip in flips[:most_flips]]
        if len(flips) > most_flips:
            lines.append(f"{word} {len(flips) - most_flips} more")
    left_out = {
        " and ".join(comparison.altered_parts) + " changed": comparison.altered,
        "question or target changed": comparison.changed,
        "new": comparison.new,
        "removed": comparison.removed,
    }
    lines += [f"{what}: {_names(cases, most_flips)}" for what, cases in left_out.items() if cases]
    return tuple(lines)


def drift_line(comparison: Comparison) -> str:
    """Return what is known of the drift of the targets' log-probability; empty where it was not measured."""
    drift = comparison.drift
    if drift is None:
        return f"no drift is told: {comparison.no_drift}" if comparison.no_drift else ""
    said = {"fall": "a drift down", "rise": "a drift up", "": "no drift"}[drift.called]
    return f"{said}: {drift}"


def _pooled(part: SuitePart) -> str:
    if part.pooled is None or part.pooled_interval is None:
        return ""
    low, high = part.pooled_interval
    return f"; pooled with the others {part.pooled:+.2f}, {low:+.2f} to {high:+.2f}"


def _counts(comparison: Comparison) -> str:
    before, now = comparison.before_correct, comparison.now_correct
    if comparison.against:
        return (
            f"{comparison.against} {before:.4g}/{comparison.pairs} correct, "
            f"{comparison.model} {now:.4g}/{comparison.pairs}"
        )
    return f"{before:.4g}/{comparison.pairs} correct before, {now:.4g}/{comparison.pairs} now"


def _figures(comparison: Comparison, settings: ComparisonSettings) -> str:
    difference, interval = comparison.difference or 0.0, comparison.interval or (-1.0, 1.0)
    beyond = "" if settings.margin is None or comparison.against else " of a drop beyond the margin"
    others = counted(comparison.family, "comparison")
    how = f"adjusted for {others} and the whole run" if comparison.with_whole else f"by Holm over {others}"
    alone = comparison.family < 2 and not comparison.with_whole
    corrected = "" if alone else f", {how} {comparison.p_adjusted:.2g}"
    p_value = comparison.p_value
    if p_value is None:
        p_value, beyond, corrected = comparison.p_altered or 1.0, "", ""
    return (
        f"{_moved(comparison)}; difference {difference:+.2f}, "
        f"{settings.confidence * 100:g} % interval {interval[0]:+.2f} to {interval[1]:+.2f}; "
        f"p {p_value:.2g}{beyond}{corrected}"
    )


def _judgement(comparison: Comparison, settings: ComparisonSettings) -> str:
    """Return what the figures show about the margin, or the smallest drop that would be detected."""
    margin = settings.margin
    if margin is not None and comparison.verdict == "failed" and comparison.against:
        return f"a drop is shown, and one of more than {margin:g} not ruled out, p {comparison.p_within_margin:.2g}"
    if margin is not None and comparison.verdict == "failed":
        return f"the drop is more than {margin:g}"
    if margin is not None and comparison.verdict == "passed":
        return f"a drop of more than {margin:g} is ruled out, p {comparison.p_within_margin:.2g}"
    if margin is not None:
        flipped = (comparison.n_lost + comparison.n_gained) / comparison.clusters
        # assumes as many gains as losses; rounded, so that the exact search is cached across suites
        each = math.ceil(100 * flipped) / 200
        needed = cases_to_show_margin(margin, each, each, alpha=settings.alpha) or 0
        needed = max(needed, comparison.pairs + 1)
        return (
            f"a drop of more than {margin:g} is not ruled out, p {comparison.p_within_margin:.2g}; "
            f"if nothing changed, about {counted(needed, 'case')} would rule it out"
        )
    if comparison.verdict == "failed":
        return ""
    drop = _visible(comparison, settings)
    if drop is None:
        verb = "is" if comparison.clusters == 1 else "are"
        return f"{counted(comparison.clusters, 'case')} {verb} too few to call any drop reliably"
    return f"a drop of {drop:.2f} would be detected in 80 % of runs"


def _visible(comparison: Comparison, settings: ComparisonSettings) -> float | None:
    """Return the smallest drop that would be detected among changes like these, at this comparison's level."""
    level = settings.alpha if comparison.level is None else comparison.level
    moved = comparison.n_lost + comparison.n_gained
    if moved == round(comparison.mean_square * comparison.clusters, 9):
        # without repeats only the gains count against a drop
        return visible_drop(comparison.clusters, comparison.n_gained / comparison.clusters, alpha=level)
    return visible_drop_of_changes(comparison.clusters, comparison.mean_square, alpha=level)


def _moved(comparison: Comparison) -> str:
    moved = f"{comparison.n_lost} lost, {comparison.n_gained} gained"
    if not comparison.suite:
        return f"of {counted(comparison.clusters, 'case')} {moved}"
    if comparison.clusters < comparison.pairs:
        return f"of {counted(comparison.clusters, 'cluster')} {moved}"
    return moved


def _named(comparison: Comparison) -> str:
    """Return which suites of a whole run's regression are regressions by themselves."""
    if comparison.suite or comparison.verdict != "failed":
        return ""
    called = [part for part in comparison.parts if part.called]
    if not called:
        return f"none of its {len(comparison.parts)} suites and strategies shows it alone"
    return "of its own in " + _names([f"{part.suite} / {part.strategy}" for part in called], 3)


def _asked(comparison: Comparison) -> str:
    """Return a clause that says what changed in how cases are asked, and in how many cases."""
    count, parts = len(comparison.altered), listed(comparison.altered_parts)
    of_all = "all" if count == comparison.pairs else f"{count} of"
    return f"asked in another way ({parts} changed in {of_all} {counted(comparison.pairs, 'case')})"


def _left_out(comparison: Comparison, *, altered: bool = True) -> str:
    count = 0 if comparison.across_prompts or not altered else len(comparison.altered)
    rates = f"{comparison.altered_before:.4g} correct before, {comparison.altered_now:.4g} now"
    counts = {
        f"asked in another way ({rates}, p {comparison.p_altered or 1.0:.2g})": count,
        "changed": len(comparison.changed),
        "new": len(comparison.new),
        "removed": len(comparison.removed),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"; left out: {said}" if said else ""


def _cause(comparison: Comparison) -> str:
    cause = comparison.cause
    if cause is None or not comparison.against:
        return str(cause or "")
    return f"differs from {comparison.against} in {listed(cause.changed)}" if cause.changed else ""


def _flip(flip: Flip, comparison: Comparison) -> str:
    expected = " or ".join(quoted(target) for target in flip.target)
    before = _answer(flip.before_answer, flip.before_status, flip.before_correct, flip.before_samples)
    now = _answer(flip.now_answer, flip.now_status, flip.now_correct, flip.now_samples)
    if comparison.against:
        said = f"{comparison.against} answered {before}, {comparison.model} {now}"
        return f"{quoted(flip.case)}: expected {expected}, {said}"
    return f"{quoted(flip.case)}: expected {expected}, was {before}, is {now}"


def _answer(answer: str | None, status: Status, correct: int, samples: int) -> str:
    ended = status if samples == 1 else f"{correct}/{samples} correct"
    return f"{quoted(answer)} ({ended})"


def _names(cases: Sequence[str], most: int) -> str:
    more = f" and {len(cases) - most} more" if len(cases) > most else ""
    return ", ".join(quoted(case) for case in cases[:most]) + more
