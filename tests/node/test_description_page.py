"""The page where a place is described: asked as the shapes say, mended next to the field, never lost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

import vocab
from node.people import entries
from node.places import show_place
from tests.node.desk import SLUG, Site, populated, served
from vocab import forms
from vocab.model import Hours, Operator

PATH = f"/manage/{SLUG}/description"
FULL = [
    ("name", "L’Établi du port"), ("typology", "coworking"), ("typology", "makerspace"), ("status", "open"),
    ("opened", "09/2019"), ("summary.fr", "Un lieu.\r\n\r\nPour <tous>."), ("programme", "fabrique-de-territoire"),
    ("website", "www.etabli.fr"), ("address.commune", "Nantes (44)"), ("address.street", "3 quai de la Fosse"),
    ("address.postcode", "44000"), ("geo.lat", "47,2115"), ("geo.lon", "-1,5604"), ("building_origin", "warehouse"),
    ("operator.name", "Les Amis de l’Établi"), ("operator.legal_form", "association"),
    ("operator.siren", "732 829 320"), ("operator.rna", "w442012345"), ("hours[1].opens", ""),
    ("hours[2].days", "Mo"), ("hours[2].days", "Fr"), ("hours[2].opens", "9h"), ("hours[2].closes", "18h30"),
]  # fmt: skip


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def test_every_question_of_the_shapes_is_asked_in_both_languages(site: Site) -> None:
    site.come_in("owner")
    for lang in ("fr", "en"):
        html = unescape(await (await site.get(f"{PATH}?lang={lang}")).text()).replace("\u202f", " ")
        for field in forms.fields().values():
            label = field.label[lang]
            assert label[:1].upper() + label[1:] in html, field.name
            for choice in field.choices():
                assert choice.label[lang] in html
    assert 'value="L\'Établi"' in html.replace("L’", "L'")


async def test_everything_is_saved_and_shown_again(site: Site) -> None:
    site.come_in("editor")
    answer = await site.post(PATH, [*FULL, ("do", "save")])
    assert (answer.status, answer.headers["Location"]) == (303, f"/manage/{SLUG}?lang=fr")
    state = show_place(site.node, SLUG)
    assert state is not None
    place = state.place
    assert (place.name, place.typology, place.opened) == ("L’Établi du port", ("coworking", "makerspace"), "2019-09")
    assert (place.address.commune, place.address.locality) == ("44109", "Nantes")
    assert place.operator == Operator("Les Amis de l’Établi", "association", "732829320", "W442012345")
    assert place.hours == (Hours(("Mo", "Fr"), "09:00", "18:30"),)
    assert place.summary == {"fr": "Un lieu.\n\nPour <tous>."}
    html = await (await site.get(PATH)).text()
    assert 'value="09/2019"' in html
    assert 'value="Nantes (44)"' in html
    assert "Pour &lt;tous&gt;." in html
    assert entries.of(site.node, SLUG) == []
    assert (await site.post(PATH, [*FULL, ("do", "save")])).status == 303
    assert "Rien n’a changé" in await (await site.get(f"/manage/{SLUG}")).text()


async def test_what_is_wrong_is_said_next_to_its_field_and_nothing_is_lost(site: Site) -> None:
    site.come_in("owner")
    wrong = [("name", "L’Établi"), ("opened", "hier"), ("operator.siren", "12"), ("address.commune", "Nantes")]
    answer = await site.post(PATH, [*wrong, ("do", "save")])
    html = (await answer.text()).replace("\u202f", " ")
    assert answer.status == 200
    assert '<a href="#typology">Typologie – Il manque une réponse ici.</a>' in html
    assert '<a href="#operator.siren">Structure gestionnaire, SIREN – ' in html
    assert 'aria-describedby="opened-wrong opened-help" aria-invalid="true"' in html
    assert "« hier » n&#39;est pas une date. Écrivez 2021, 09/2021 ou 01/09/2021." in html
    kept = await (await site.get(PATH)).text()
    assert 'value="hier"' in kept
    assert "Owner a commencé des changements" in kept
    state = show_place(site.node, SLUG)
    assert state is not None
    assert state.place.opened == ""
    await site.post(PATH, {"do": "forget"})
    assert 'value="hier"' not in await (await site.get(PATH)).text()


async def test_a_commune_is_chosen_without_a_script(site: Site) -> None:
    site.come_in("owner")
    html = await (await site.post(PATH, [("address.commune", "saint denis"), ("do", "commune")])).text()
    assert 'name="address.commune.among" value="93066"' in html
    assert "Saint-Denis (93)" in html
    chosen = [("address.commune", "saint denis"), ("address.commune.among", "93066")]
    html = await (await site.post(PATH, [*chosen, ("do", "commune")])).text()
    assert 'value="Saint-Denis (93)"' in html
    assert "among" not in html
    html = await (await site.post(PATH, [("address.commune", "23000"), ("name", "Gardé"), ("do", "commune")])).text()
    assert "Guéret (23)" in html
    assert 'value="Gardé"' in html


async def test_a_postcode_is_not_left_behind_when_the_place_moves(site: Site) -> None:
    site.come_in("owner")
    assert (await site.post(PATH, [*FULL, ("do", "save")])).status == 303
    moved = [("address.commune", "Pontivy (56)") if name == "address.commune" else (name, said) for name, said in FULL]
    answer = await site.post(PATH, [*moved, ("do", "save")])
    assert answer.status == 200
    assert "« 44000 » n&#39;est pas un code postal de Pontivy." in (await answer.text()).replace("\u202f", " ").replace(
        "\xa0", " "
    )
    for postcode in ("56300", "", "99999"):  # its own, none, and one of no commune, as a CEDEX is
        await site.post(PATH, [*FULL, ("do", "save")])
        mended = [(name, postcode if name == "address.postcode" else said) for name, said in moved]
        assert (await site.post(PATH, [*mended, ("do", "save")])).status == 303, postcode


async def test_one_more_row_and_later_without_a_script(site: Site) -> None:
    site.come_in("owner")
    row = [("hours[1].days", "Mo"), ("hours[1].opens", "09:00")]
    html = await (await site.post(PATH, [*row, ("do", "row:hours")])).text()
    assert 'name="hours[2].opens"' in html
    answer = await site.post(PATH, [*row, ("do", "later")])
    assert answer.status == 303
    assert 'name="hours[1].days" value="Mo" checked' in await (await site.get(PATH)).text()


async def test_whoever_saves_second_is_told(site: Site) -> None:
    site.come_in("owner")
    base = (await (await site.get(PATH)).text()).partition('name="_base" value="')[2].partition('"')[0]
    least = [("typology", "coworking"), ("address.commune", "Nantes"), ("_base", base)]
    site.come_in("editor")
    assert (await site.post(PATH, [*least, ("name", "De la rédaction")])).status == 303
    site.come_in("owner")
    await site.post(f"/manage/{SLUG}/entries/description", [*least, ("name", "Du responsable")])
    assert "attendent d’être enregistrés" in await (await site.get(f"/manage/{SLUG}")).text()
    html = await (await site.get(PATH)).text()
    assert base in html
    html = await (await site.post(PATH, [*least, ("name", "Du responsable")])).text()
    assert "Quelqu’un d’autre a enregistré" in html
    assert 'value="Du responsable"' in html
    state = show_place(site.node, SLUG)
    assert state is not None
    assert state.place.name == "De la rédaction"
    again = html.partition('name="_base" value="')[2].partition('"')[0]
    assert (await site.post(PATH, [*least[:2], ("_base", again), ("name", "Du responsable")])).status == 303
    assert "attendent d’être enregistrés" not in await (await site.get(f"/manage/{SLUG}")).text()


async def test_a_reader_reads_and_a_stranger_sees_nothing(site: Site) -> None:
    site.come_in("reader")
    html = await (await site.get(PATH)).text()
    assert '<fieldset class="whole" disabled>' in html
    assert 'value="save">Enregistrer' not in html.partition('class="sticky"')[2]
    assert (await site.post(PATH, [*FULL, ("do", "save")])).status == 403
    site.come_in("stranger")
    assert (await site.get(PATH)).status == 404
    assert (await site.post(PATH, [*FULL, ("do", "save")])).status == 404


@pytest.mark.parametrize(
    "name", ["name[", "hours[x].opens", "hours[1]", "address", "summary.de", "name.fr", "a" * 9000]
)
async def test_whatever_is_sent_is_answered(site: Site, name: str) -> None:
    site.come_in("owner")
    for do in ("save", "row:hours", "commune", "row:", "other"):
        assert (await site.post(PATH, [(name, "x"), ("name", "y"), ("do", do)])).status == 200
    assert (await site.get(PATH)).status == 200


_SHOWN = """
import asyncio, json, sys
from pathlib import Path
from node.project import catch_up
from node.publish import publish
from tests.node.desk import SLUG, populated, served
from vocab import parse
from vocab.validate import shacl

async def main():
    async with served(populated(Path(sys.argv[1]))) as site:
        site.come_in("owner")
        path = f"/manage/{SLUG}/description"
        print(await (await site.get(path)).text())
        place = [("name", "A"), ("typology", "coworking"), ("address.commune", "Nantes (44)")]
        for benches in ("-1", "2.5"):
            assert "benches-wrong" in await (await site.post(path, [*place, ("benches", benches)])).text(), benches
        wrong = [("benches", "beaucoup"), ("former", "moon")]
        print(await (await site.post(path, [*place, *wrong])).text())
        said = [("benches", "1 2"), ("former", "school"), ("former", "factory"), ("quiet", "true"), ("motto", "Oui !")]
        answer = await site.post(path, [*place, *said])
        assert answer.status == 303, await answer.text()
        print(await (await site.get(path)).text())
        print(await (await site.get(f"/manage/{SLUG}/publish")).text())
        publish(site.node, SLUG)
        address = site.node.config.actor(SLUG).removeprefix(site.node.config.url) + "/documents/description"
        document = json.loads(await (await site.get(address, Accept="application/activity+json")).text())
        assert not shacl(document), shacl(document)
        read = parse.document(document)
        assert not isinstance(read, tuple), read
        catch_up(site.node)
        print("PUBLIC", await (await site.get(f"/places/{SLUG}")).text())
        print("READ", json.dumps(read.place.to_json()["more"]))
        print("SAID", json.dumps({key: document["about"][key] for key in document["about"] if key.startswith("tl:")}))

asyncio.run(main())
"""
_ADDED = """
tls:Place sh:property [ sh:path tl:benches ; sh:order 2 ; sh:group tls:building ;
  sh:name "nombre de bancs"@fr, "number of benches"@en ; sh:datatype xsd:integer ; sh:minInclusive 0 ; sh:maxCount 1 ;
  sh:description "Ceux du jardin aussi."@fr, "Those of the garden too."@en ;
  sh:message "Écrivez un nombre entier."@fr, "Write a whole number."@en ] ;
 sh:property [ sh:path tl:former ; sh:order 3 ; sh:group tls:building ;
  sh:name "autres vies"@fr, "other lives"@en ; sh:nodeKind sh:IRI ;
  sh:pattern "^https://w3id.org/tierslieux/concept/building_origin/" ;
  sh:message "Choisissez dans la liste."@fr, "Choose in the list."@en ] ;
 sh:property [ sh:path tl:quiet ; sh:order 4 ; sh:group tls:building ;
  sh:name "calme"@fr, "quiet"@en ; sh:datatype xsd:boolean ; sh:maxCount 1 ;
  sh:message "Oui ou non."@fr, "Yes or no."@en ] ;
 sh:property [ sh:path schema:slogan ; tls:key "motto" ; sh:order 9 ; sh:group tls:identity ;
  sh:name "devise"@fr, "motto"@en ; sh:maxLength 100 ; sh:maxCount 1 ;
  sh:message "Cent caractères au plus."@fr, "At most a hundred characters."@en ] .
"""


def test_a_property_added_to_the_shapes_is_asked_without_code(tmp_path: Path) -> None:
    here = Path(vocab.__file__).parents[1]
    for name in ("node", "federation", "tests"):
        (tmp_path / name).symlink_to(here / name)
    shutil.copytree(here / "vocab", tmp_path / "vocab", ignore=shutil.ignore_patterns("__pycache__"))
    shapes = tmp_path / "vocab" / "data" / "shapes.ttl"
    shapes.write_text(shapes.read_text(encoding="utf-8") + _ADDED, encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for command in (["-m", "vocab.data.compile"], ["-c", _SHOWN, str(tmp_path / "site")]):
        ran = subprocess.run([sys.executable, *command], cwd=tmp_path, env=environ, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
    html = ran.stdout.decode()
    assert '<label for="benches">Nombre de bancs</label>' in html
    assert "Ceux du jardin aussi." in html
    assert html.index("building_origin") < html.index("benches") < html.index("operator.name")
    assert '<a href="#benches">Nombre de bancs – Écrivez un nombre entier.</a>' in html
    assert '<span class="mend" id="former-wrong">Choisissez dans la liste.</span>' in html
    assert 'name="benches" type="text" value="12"' in html
    assert 'name="former" value="school" checked' in html
    assert "École, Usine" in html
    assert "<dt>Devise</dt><dd>Oui !</dd>" in html.partition("PUBLIC ")[2]
    said = {"benches": ["12"], "former": ["school", "factory"], "quiet": ["true"], "motto": ["Oui !"]}
    assert json.loads(html.partition("READ ")[2].partition("\n")[0]) == dict(sorted(said.items()))
    assert '"tl:former": [{"id": "tlc:building_origin/school"}, {"id": "tlc:building_origin/factory"}]' in html
