"""Checks exactly whether two sympy expressions are equal, since math-verify rounds and drops small terms.

math-verify compares decimals to six places, and it takes `1/2^99` and `1/2^98` to be equal because both are
nearly zero. Here decimals are exact fractions, and both sides are computed to 320 digits at a few points.
"""

from __future__ import annotations

from typing import Any

DIGITS = 320
_NEAR = 300
"Equal expressions agree to this many decimal places, relative to the larger side."
_POINTS = ((3, 7), (11, 5), (-13, 17))
"Values of the first unknown, as numerator and denominator; the other unknowns get values derived from it."


def exact(expression: Any) -> Any:
    """Return an expression with its decimals replaced by exact fractions."""
    import sympy  # optional, and slow to import

    if not isinstance(expression, sympy.Basic):
        return expression
    return expression.xreplace({number: sympy.Rational(str(number)) for number in expression.atoms(sympy.Float)})


def agree(left: Any, right: Any) -> bool:
    """Return whether two expressions of the same shape are equal in every part, computed exactly."""
    import sympy

    left, right = exact(left), exact(right)
    if left == right:
        return True
    if isinstance(left, sympy.Equality) and not isinstance(right, sympy.Equality):
        return agree(left.rhs, right)  # x = 5 is 5
    if isinstance(right, sympy.Equality) and not isinstance(left, sympy.Equality):
        return agree(left, right.rhs)
    if isinstance(left, sympy.FiniteSet) and isinstance(right, sympy.FiniteSet):
        return len(left) == len(right) and all(any(agree(a, b) for b in right) for a in left)
    if isinstance(left, sympy.MatrixBase) and isinstance(right, sympy.MatrixBase):
        return left.shape == right.shape and all(
            agree(a, b) for a, b in zip(left.flat(), right.flat(), strict=True)
        )
    if isinstance(left, (sympy.Set, sympy.Tuple, sympy.core.relational.Relational)):
        return _parts_agree(left, right)
    return _values_agree(left, right)


def _parts_agree(left: Any, right: Any) -> bool:
    import sympy

    if type(left) is not type(right) or len(left.args) != len(right.args):
        return not _numbers(left) ^ _numbers(
            right
        )  # the shapes differ, so trust the library if the numbers are the same
    if isinstance(left, (sympy.Union, sympy.Intersection)):
        return all(any(agree(a, b) for b in right.args) for a in left.args)
    return all(agree(a, b) for a, b in zip(left.args, right.args, strict=True))


def _numbers(expression: Any) -> set[Any]:
    import sympy

    return {abs(number) for number in expression.atoms(sympy.Number)}


def _values_agree(left: Any, right: Any) -> bool:
    import sympy

    unknowns = sorted(getattr(left, "free_symbols", set()) | getattr(right, "free_symbols", set()), key=str)
    compared = False
    for top, bottom in _POINTS:
        point = {symbol: sympy.Rational(top + 2 * place, bottom) for place, symbol in enumerate(unknowns)}
        try:
            one, other = (side.subs(point) for side in (left, right))
            if not (one.is_Rational and other.is_Rational):
                one, other = sympy.N(one, DIGITS), sympy.N(other, DIGITS)
            gap, size = abs(one - other), max(abs(one), abs(other))
            if not (gap.is_number and size.is_number and gap.is_finite and size.is_finite):
                continue
            compared = True
            if size and gap / size > sympy.Rational(1, 10**_NEAR):
                return False
        except (TypeError, ValueError, AttributeError, ArithmeticError):
            continue
        if not unknowns:
            break
    return compared or str(left) == str(right)
