"""The wording of rules: each indicator says what it is, in both languages, from its fields alone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from vocab import rules
from vocab.reference import dimensions, indicator, indicators

LANGUAGES = ("fr", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", indicators())
def test_every_rule_is_worded(name: str, lang: str) -> None:
    rule = indicator(name)
    said = rules.sentence(rule, lang)
    assert said.endswith(".")
    assert "{" not in said
    for word in (rules.unit, rules.asked_of, rules.periods, rules.tier, rules.confidentiality, rules.theme):
        assert word(rule, lang)
    for part in rules.made_of(rule):
        assert rules.label(part, lang) in said or rule.kind == "score"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_breakdown_says_whether_it_adds_up(lang: str) -> None:
    said = {d.id: rules.breakdown(d, lang) for d in dimensions().values()}
    assert said["gender"] != said["audience"] != said["localArea"]
    assert all(said.values())


def test_a_sentence_follows_the_fields_and_no_name() -> None:
    rate = indicator("placesPer100k")
    assert "× 100\u202f000" in rules.sentence(rate, "fr")
    assert "× 100,000" in rules.sentence(rate, "en")
    renamed = replace(indicator("visits"), id="unheardOf", not_above="floorArea", asked_of="operator")
    said = rules.sentence(renamed, "en")
    assert "where they do not overlap" in said
    assert "never above" in said.lower()
    assert rules.label("floorArea", "en") in said
    assert "once per operator" in said
    same = replace(rate, scale=Decimal(1))
    assert "×" not in rules.formula(same, "fr")


def test_what_it_is_made_of_and_where_it_serves_mirror_each_other() -> None:
    for rule in indicators().values():
        for part in rules.made_of(rule):
            assert rule.id in rules.used_in(indicator(part))
    assert "attendancePerEvent" in rules.used_in(indicator("events"))
    assert rules.made_of(indicator("useValueScore")) == ("surveyRespondents",)


def test_what_is_plausible_is_said_with_its_unit() -> None:
    some = [rule for rule in indicators().values() if rule.plausible]
    assert some
    for rule in some:
        assert rules.unit(rule, "en") in rules.plausible(rule, "en")
    assert not rules.plausible(replace(some[0], plausible=None), "fr")
