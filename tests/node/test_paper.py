"""The recovery key on paper: read as it was written, however it is typed, and never otherwise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import paper
from node.errors import RecoveryRefused

SECRETS = st.binary(min_size=32, max_size=32)


@given(SECRETS)
def test_what_is_written_is_read(secret: bytes) -> None:
    lines = paper.lines(secret)
    assert [len(line) for line in lines] == [19] * 4
    typed = "\n".join(lines).lower().replace(" ", "-").replace("0", "o").replace("1", "l")
    assert paper.read(typed) == secret
    assert paper.is_whole(typed)
    assert not paper.is_whole(typed[:-1])


@settings(derandomize=True)  # one slip in 65,536 has the right check
@given(SECRETS, st.integers(0, 63), st.sampled_from("23456789ABCDEFGHJKMNPQRSTVWXYZU!é"))
def test_a_slip_is_found_on_its_line(secret: bytes, place: int, sign: str) -> None:
    signs = "".join(paper.lines(secret)).replace(" ", "")
    typed = signs[:place] + sign + signs[place + 1 :]
    if typed != signs:
        with pytest.raises(RecoveryRefused) as refused:
            paper.read(typed)
        assert refused.value.params == {"line": place // 16 + 1}


def test_lines_keep_their_places() -> None:
    first, second, *others = paper.lines(paper.made())
    with pytest.raises(RecoveryRefused, match="recovery_line"):
        paper.read("\n".join([second, first, *others]))
    for typed in ("", first, "\n".join([first, second, *others, first])):
        with pytest.raises(RecoveryRefused, match="recovery_signs"):
            paper.read(typed)
