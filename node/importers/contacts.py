"""Takes e-mail addresses and telephone numbers out of any text: a directory of ours repeats nobody's contact."""

import re

_EMAIL = re.compile(
    r"(?:mailto:)?[\w.+%-]+(?:@|\s?[\[(]\s?(?:at|arobase|chez)\s?[\])]\s?)[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(
    r"(?:(?:\+|\b00)\s?\d{2,3}\s?(?:\(0\)\s?)?[1-9](?:[ .\-/]?\d{2}){3,4}|\b0[1-9](?:[ .\-/]?\d{2}){4})\b"
)
_LABEL = re.compile(
    r"(?:\b(?:modifier|nouveau|ancien|par)\s+)?\b(?:(?:e-?)?mail|mél|courriel|tél(?:éphone)?|tel|contact)\s*\.?\s*[:=]?\s*$",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")


def without_contacts(text: str) -> str:
    """The text without them, nor the label ("tél. :") that announced them at its end."""
    left = _TELEPHONE.sub(" ", _EMAIL.sub(" ", text))
    if left == text:
        return text
    left = " ".join(_EMPTY.sub(" ", left).split())
    return _LABEL.sub("", left).strip(" ,;:=-–/|")


def has_contact(text: str) -> bool:
    return bool(_EMAIL.search(text) or _TELEPHONE.search(text))


def is_contact(text: str) -> bool:
    """Whether an identifier is somebody's: it holds an e-mail address, or is a telephone number and nothing else."""
    return bool(_EMAIL.search(text) or _TELEPHONE.fullmatch(text.strip()))
