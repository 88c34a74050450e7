"""Asking every connected place for its figures of a period: opening, reminding, correcting, closing."""
