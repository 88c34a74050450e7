"""Decimal figures as text, and UCUM unit codes (ucum.org, section 2).

A figure travels as a canonical decimal string: no exponent, no plus sign, no trailing zero, no negative zero
(the canonical form of xsd:decimal, XSD 1.1 part 2, 3.3.3.2, as triple stores keep it).
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_EVEN)
MAX_DIGITS = 30
CANONICAL = re.compile(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{0,29}[1-9])?")
_TYPED = re.compile(r"[+-]?[0-9]{1,20}([.,][0-9]{1,18})?")  # what checks and stores hold exactly: 128 bits, 18 decimals
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")


def canonical(value: Decimal) -> str:
    """`value` as canonical decimal text. Raises `ValueError` for NaN and infinities."""
    if not value.is_finite():
        raise ValueError("not a finite decimal")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def decimal(text: str) -> Decimal | None:
    """A figure as a person types it (`4210`, `4 210`, `4,1`, `4.1`); None when it is not one."""
    plain = text.strip().translate(_SPACES)
    if len(plain) > MAX_DIGITS or not _TYPED.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", "."))


def read_canonical(text: str) -> Decimal | None:
    """A figure as it must travel; None when the text is not canonical."""
    if not CANONICAL.fullmatch(text) or text == "-0":
        return None
    return Decimal(text)


def divide(numerator: Decimal, denominator: Decimal, places: int = 6) -> Decimal:
    """Half-even division, kept to `places` decimals."""
    quotient = ARITHMETIC.divide(numerator, denominator)
    return quotient.quantize(Decimal(1).scaleb(-places), context=ARITHMETIC)


def total(values: list[Decimal]) -> Decimal:
    """The exact sum."""
    result = Decimal(0)
    for value in values:
        result = ARITHMETIC.add(result, value)
    return result
