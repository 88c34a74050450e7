"""Property tests of this folder sign and verify: on a busy machine one example may be slow, and is no failure."""

from hypothesis import settings

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
