"""Which of the published attacks a test realises; a test of this folder checks that none is left out."""

import pytest


def attack(*names: str) -> pytest.MarkDecorator:
    """The ids of the entries of `attacks.json` that a test realises."""
    return pytest.mark.attack(*names)
