"""Cells as people type them: what is mended, what is taken out, and what is left alone."""

import pytest

from node.importers.contacts import has_contact, without_contacts
from node.importers.table import read
from node.importers.wording import clean, shortened, website


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Accueil contact@lieu.example", "Accueil"),
        ("Écrire à jeanne.dupont+tl@lieu.example.org ou passer", "Écrire à ou passer"),
        ("Bureau [at] : jeanne [at] lieu.example", "Bureau [at]"),
        ("5 rue Exemple, tél. : 04 65 71 12 34", "5 rue Exemple"),
        ("Tel 0465711234", ""),
        ("+33 (0)4 65 71 12 34 le matin", "le matin"),
        ("04.65.71.12.34 / 06-39-98-12-34", ""),
        ("0033 4 65 71 12 34", ""),
        ("Scène 61 modifier mail a@b.example", "Scène 61"),
        ("mailto:a@b.example", ""),
    ],
)
def test_contacts_are_taken_out(text: str, left: str) -> None:
    assert has_contact(text)
    assert without_contacts(text) == left
    assert not has_contact(without_contacts(text))


@pytest.mark.parametrize(
    "text",
    [
        "StationW @ 153",
        "Coh@bit",
        "L'@telier",
        "Info@Leze",
        "12 avenue du 8 mai 1945",
        "BP 50028",
        "23 000 Guéret",
        "0",
    ],
)
def test_what_is_no_contact_stays(text: str) -> None:
    assert without_contacts(text) == text


@pytest.mark.parametrize(
    ("text", "mended", "codes"),
    [
        ("Vert&amp;Co", "Vert&Co", ("entities",)),
        ("Fab du Mont suppos\u00c3\u00a9", "Fab du Mont supposé", ("encoding",)),
        ("concept |\u00c2 Coworking", "concept | Coworking", ("encoding",)),
        ("Nom   avec\u00a0trop  d'espaces ", "Nom avec trop d'espaces", ()),
        ("Âtre et Ã côté", "Âtre et Ã côté", ()),
        ("Chez contact@lieu.example", "Chez", ("contact",)),
    ],
)
def test_words_are_mended_and_it_is_said(text: str, mended: str, codes: tuple[str, ...]) -> None:
    assert clean(text) == (mended, codes)


@pytest.mark.parametrize(
    ("typed", "address", "code"),
    [
        ("https://lieu.example/a?b=c", "https://lieu.example/a?b=c", ""),
        ("www.lieu.example", "http://www.lieu.example", "web"),
        ("lieu.example", "http://lieu.example", "web"),
        ("Notre site http://lieu.example/", "http://lieu.example/", "web"),
        ("https://lieu.example|site web", "https://lieu.example", "web"),
        ("http://lieu.example/une-adresse-coup…", "", "web_cut"),
        ("en cours", "", "web_none"),
        ("javascript:alert(1)", "", "web_none"),
        ("contact@lieu.example", "", "web_contact"),
        ("", "", ""),
    ],
)
def test_websites(typed: str, address: str, code: str) -> None:
    assert website(typed) == (address, code)


def test_a_long_name_is_cut_at_a_word() -> None:
    name = "Le tiers-lieu " + "de la très longue histoire " * 8
    assert len(shortened(name)) <= 120
    assert shortened(name).endswith("…")
    assert shortened("Le tiers-lieu") == "Le tiers-lieu"


@pytest.mark.parametrize(
    "raw",
    [b"\xef\xbb\xbfid;name\r\n1;L'\xc3\x89tabli\r\n", b"ID,Name\n1,L'\xc9tabli\n", b"id\tname\n1\tL'\xc3\x89tabli"],
)
def test_any_separator_and_encoding(raw: bytes) -> None:
    (row,) = read(raw).rows
    assert (row["id"], row["name"], row["absent"], row.ragged) == ("1", "L'Établi", "", False)


def test_rows_are_counted_as_a_spreadsheet_does_and_ragged_ones_are_seen() -> None:
    first, second = read(b"id,name\n1,a\n,\n2\n").rows
    assert (first.number, first.ragged) == (2, False)
    assert (second.number, second.ragged) == (4, True)
