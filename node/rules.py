"""Which types of objects are documents of ours: what `federation` is told, for it knows none by name."""

from collections.abc import Mapping
from types import MappingProxyType

from federation.inbox import DocumentRule

RULES: Mapping[str, DocumentRule] = MappingProxyType(
    {
        "Description": DocumentRule(proof_required=True, ordered=True),
        "Report": DocumentRule(proof_required=True, ordered=True),
        "Listing": DocumentRule(proof_required=True, ordered=True),
    }
)
