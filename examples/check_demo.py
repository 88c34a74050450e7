"""Recomputes what the council of the demo answers, from the input files alone: no code of Maillage is used here.

    python examples/check_demo.py --council URL gueret=URL pontivy=URL …

Exit code 0 when every answer is right, 1 otherwise. Needs only the standard library.
"""

import argparse
import csv
import json
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

FOLDER = Path(__file__).resolve().parent / "five_towns"
YEARS = ("2023", "2024", "2025")
SUMS = {
    "visits", "events", "eventAttendance", "floorArea", "reusedFloorArea", "directJobsFte", "volunteerHours",
    "hoursGiven", "reciprocityTarget", "surveyRespondents", "energyUse",
}  # fmt: skip
RATIOS = {
    "attendancePerEvent": ("eventAttendance", "events", 1),
    "buildingReuseRate": ("reusedFloorArea", "floorArea", 100),
    "reciprocityAttainment": ("hoursGiven", "reciprocityTarget", 100),
}
SCORES = {"useValueScore": "surveyRespondents"}
FLAGS = {"publicServiceHosted"}
ADDITIVE = ("visits", "events", "volunteerHours", "floorArea")
MOST_PAGES = 400
WORDS = {
    "fr": {
        "totals": "totaux recalculés ({n} lignes : flux, stocks, ratios, scores, drapeaux, décompte)",
        "areas": "totaux par département, et sommes des régions, familles et EPCI égales au pays",
        "csv": "totals.csv dit la même chose que totals.json",
        "graph": "SPARQL rend chaque chiffre public des fichiers, et rien d'autre ({n} chiffres)",
        "sum": "SPARQL additionne les visites comme les fichiers",
        "revised": "la révision a remplacé la première version partout",
        "hidden": "le chiffre non public n'est dans aucune des {n} réponses lues sur les six nœuds",
        "left_out": "le conseil dit qu'un chiffre non public est laissé de côté",
        "places": "chaque lieu se présente en page et en JSON-LD",
        "wrong": "FAUX", "right": "juste", "expected": "attendu", "got": "reçu",
        "end": "{right} vérifications justes, {wrong} fausses",
    },
    "en": {
        "totals": "totals recomputed ({n} rows: flows, stocks, ratios, scores, flags, count)",
        "areas": "totals by département; sums over regions, families and EPCI equal the country",
        "csv": "totals.csv says the same as totals.json",
        "graph": "SPARQL gives each public figure of the files, and nothing else ({n} figures)",
        "sum": "SPARQL adds up the visits as the files do",
        "revised": "the revision replaced the first version everywhere",
        "hidden": "the figure that is not public is in none of the {n} answers read on the six nodes",
        "left_out": "the council says that one figure that is not public is left out",
        "places": "each place presents itself as a page and as JSON-LD",
        "wrong": "WRONG", "right": "right", "expected": "expected", "got": "got",
        "end": "{right} checks right, {wrong} wrong",
    },
}  # fmt: skip
PREFIXES = """PREFIX tl: <https://w3id.org/tierslieux/ns#> PREFIX tli: <https://w3id.org/tierslieux/indicator/>
PREFIX schema: <https://schema.org/> PREFIX dim: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX att: <http://purl.org/linked-data/sdmx/2009/attribute#> """
OPENER = build_opener(ProxyHandler({}))


# --- the input files ---------------------------------------------------------------------------------------------


def rows_of(path):
    """The rows of a report as a list of dictionaries, whatever its separator."""
    text = path.read_text(encoding="utf-8-sig")
    head = text.splitlines()[0]
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in head else ","))
    for row in rows:
        row["value"] = Decimal(row["value"].replace(",", ".")) if row["value"] else None
    return rows


def written(path, key):
    """The text of `key = "…"` in a TOML file of ours."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(key + " = "):
            return line.partition(" = ")[2].strip().strip('"')
    return ""


def read_inputs(slugs):
    """Slug → its name, commune, opening date, public reports by year, and restricted rows."""
    places = {}
    for slug in slugs:
        folder = FOLDER / slug
        reports = {path.stem[7:]: rows_of(path) for path in sorted(folder.glob("report-*.csv"))}
        public = {year: reports.get(year + "-revised", reports.get(year)) for year in YEARS}
        places[slug] = {
            "name": written(folder / "place.toml", "name"),
            "commune": written(folder / "place.toml", "commune"),
            "opened": written(folder / "place.toml", "opened"),
            "reports": {year: rows for year, rows in public.items() if rows is not None},
            "replaced": {year: reports[year] for year in YEARS if year + "-revised" in reports},
            "restricted": [row for name, rows in reports.items() if name.endswith("-network") for row in rows],
        }
    return places


# --- the arithmetic ----------------------------------------------------------------------------------------------


def answer(place, indicator, year):
    """(value or None, status, method) of one place; None when it says nothing."""
    rows = [row for row in place["reports"].get(year, ()) if row["indicator"] == indicator]
    for row in rows:
        if not row["breakdown"]:
            return row["value"], row["status"], row["method"]
    parts = {row["breakdown"]: row for row in rows}
    if set(parts) == {"eventAccess=public", "eventAccess=private"}:
        return sum(row["value"] for row in rows), rows[0]["status"], rows[0]["method"]
    return None


def divided(top, bottom):
    """Half-even, six decimals."""
    return (top / bottom).quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


def reporting(places, names, year):
    """Slug → the answers to all of `names`, for those that give a value to each."""
    found = {slug: [answer(place, name, year) for name in names] for slug, place in places.items()}
    return {slug: given for slug, given in found.items() if all(g is not None and g[0] is not None for g in given)}


def value_of(places, indicator, year):
    """The value, and the places used."""
    if indicator in RATIOS:
        top, bottom, scale = RATIOS[indicator]
        used = reporting(places, (top, bottom), year)
        below = sum(given[1][0] for given in used.values())
        return (divided(sum(given[0][0] for given in used.values()) * scale, below) if below else None), used
    if indicator in SCORES:
        used = reporting(places, (indicator, SCORES[indicator]), year)
        methods = [given[0][2] for given in used.values()]
        best = max(methods, key=lambda method: (methods.count(method), method), default="")
        used = {slug: given for slug, given in used.items() if given[0][2] == best}
        weights = sum(given[1][0] for given in used.values())
        return (divided(sum(g[0][0] * g[1][0] for g in used.values()), weights) if weights else None), used
    used = reporting(places, (indicator,), year)
    values = [given[0][0] for given in used.values()]
    if not values:
        return None, used
    return (divided(sum(values), Decimal(len(values))) if indicator in FLAGS else sum(values)), used


def expected(places, indicator, year):
    """The whole row that the council must answer, but for its area and unit."""
    value, used = value_of(places, indicator, year)
    asked = RATIOS[indicator][:2] if indicator in RATIOS else (indicator,)
    beside = {
        slug for slug, place in places.items() for name in asked if (answer(place, name, year) or ("", ""))[1] == "M"
    }
    open_then = {slug for slug, place in places.items() if place["opened"] <= year + "-12-31"}
    connected = set(places) - beside
    statuses = {given[1] for answers in used.values() for given in answers}
    return {
        "value": value,
        "obsStatus": "L" if value is None else "E" if "E" in statuses else "P" if "P" in statuses else "A",
        "n_reporting": len(used),
        "n_operators": len(used),
        "n_connected": len(connected),
        "n_known": len((open_then - beside) | set(used)),
        "coverage": divided(Decimal(len(used)), Decimal(len(connected))) if connected else None,
        "restricted_left_out": left_out(places, indicator, year),
    }


def left_out(places, indicator, year):
    """How many restricted figures bear on the question (all of ours are of the last year)."""
    parts = {indicator, *RATIOS.get(indicator, ())[:2], SCORES.get(indicator, indicator)}
    rows = [row for place in places.values() for row in place["restricted"] if year == YEARS[-1]]
    return sum(row["indicator"] in parts for row in rows)


# --- the answers over HTTP ---------------------------------------------------------------------------------------


def get(url, accept="*/*"):
    """Status, media type and text of a URL."""
    try:
        with OPENER.open(Request(url, headers={"Accept": accept}), timeout=30) as response:
            return response.status, response.headers.get_content_type(), response.read().decode("utf-8", "replace")
    except HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read().decode("utf-8", "replace")


def totals(council, indicator, by, year, form="json"):
    """The rows of `/totals.json`, or of `/totals.csv`."""
    query = urlencode({"indicator": indicator, "by": by, "period": year})
    text = get(f"{council}/totals.{form}?{query}")[2]
    return json.loads(text) if form == "json" else list(csv.DictReader(text.splitlines()))


def sparql(council, query):
    """The rows of a SELECT, as dictionaries of texts."""
    url = f"{council}/sparql?{urlencode({'query': PREFIXES + query})}"
    text = get(url, "application/sparql-results+json")[2]
    bindings = json.loads(text)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def numbers(row):
    """The row with its figures as numbers, so that 0.80 and 0.8 are one."""
    read = dict(row)
    for name in ("value", "coverage"):
        read[name] = None if read[name] in (None, "") else Decimal(read[name])
    return read


# --- the checks: each returns what is wrong, as (what, expected, got) ----------------------------------------------


def check_totals(places, council):
    wrong, count = [], 0
    for indicator in sorted(SUMS | set(RATIOS) | set(SCORES) | FLAGS):
        for year in YEARS:
            rows = totals(council, indicator, "country", year)
            wanted = expected(places, indicator, year)
            got = {name: numbers(rows[0])[name] for name in wanted} if rows else {}
            count += 1
            if len(rows) != 1 or got != wanted:
                wrong.append((f"{indicator} {year}", wanted, got))
    for year in YEARS:
        wanted = sum(place["opened"] <= year + "-12-31" for place in places.values())
        rows = totals(council, "placesCount", "country", year)
        count += 1
        if [row["value"] for row in rows] != [str(wanted)]:
            wrong.append((f"placesCount {year}", wanted, rows))
    return wrong, count


def check_areas(places, council):
    wrong = []
    for year in YEARS:
        for indicator in (*ADDITIVE, *RATIOS):
            rows = {row["area"]: numbers(row)["value"] for row in totals(council, indicator, "departement", year)}
            wanted = {p["commune"][:2]: value_of({s: p}, indicator, year)[0] for s, p in places.items()}
            if rows != wanted:
                wrong.append((f"{indicator} {year} departement", wanted, rows))
        for indicator in ADDITIVE:
            country = value_of(places, indicator, year)[0]
            for by in ("region", "epci", "typology"):
                values = [numbers(row)["value"] for row in totals(council, indicator, by, year)]
                if sum(value for value in values if value is not None) != country:
                    wrong.append((f"{indicator} {year} {by}", country, values))
    return wrong, 1


def check_csv(places, council):
    wrong = []
    for by in ("country", "departement", "typology"):
        as_json = [numbers(row) for row in totals(council, "visits", by, "2025")]
        as_csv = [numbers(row) for row in totals(council, "visits", by, "2025", "csv")]
        names = ("area", "value", "coverage", "unit", "obsStatus")
        if [[row[n] for n in names] for row in as_json] != [[row[n] for n in names] for row in as_csv]:
            wrong.append((f"visits {by}", as_json, as_csv))
    return wrong, 1


def check_graph(places, council):
    wanted = set()
    for place in places.values():
        for year, rows in place["reports"].items():
            for row in rows:
                part = row["breakdown"].replace("=", "/")
                value = None if row["value"] is None else row["value"].normalize()
                said = (value, row["unit"], row["status"], row["method"], part)
                wanted.add((place["name"], row["indicator"], year, *said))
    found = sparql(
        council,
        """SELECT ?name ?indicator ?year ?value ?unit ?status ?method ?part WHERE {
        ?place a tl:TiersLieu ; schema:name ?name . ?figure tl:place ?place ; tl:indicator ?indicator ;
          dim:refPeriod ?year ; att:unitMeasure ?unit ; att:obsStatus ?status .
        OPTIONAL { ?figure tl:value ?value } OPTIONAL { ?figure tl:method ?method }
        OPTIONAL { ?figure tl:breakdown ?part } }""",
    )
    got = set()
    for row in found:
        value = Decimal(row["value"]).normalize() if "value" in row else None
        part = row.get("part", "").partition("/concept/")[2]
        name = row["indicator"].rpartition("/")[2]
        got.add((row["name"], name, row["year"], value, row["unit"], row["status"], row.get("method", ""), part))
    wrong = [("SPARQL", sorted(map(str, wanted - got)), sorted(map(str, got - wanted)))] if got != wanted else []
    if len(found) != len(got):
        wrong.append(("SPARQL", len(got), len(found)))
    return wrong, len(got)


def check_sum(places, council):
    wrong = []
    for year in YEARS:
        rows = sparql(
            council,
            f"""SELECT (SUM(?value) AS ?sum) WHERE {{ ?figure tl:indicator tli:visits ; dim:refPeriod "{year}" ;
            tl:value ?value . FILTER NOT EXISTS {{ ?figure tl:breakdown ?part }} }}""",
        )
        wanted = value_of(places, "visits", year)[0]
        if [Decimal(row["sum"]) for row in rows] != [wanted]:
            wrong.append((f"SUM {year}", wanted, rows))
    return wrong, 1


def check_revised(places, council):
    wrong = []
    for slug, place in places.items():
        for year, old in place["replaced"].items():
            new = {row["indicator"]: row["value"] for row in place["reports"][year] if not row["breakdown"]}
            for row in old:
                if not row["breakdown"] and new.get(row["indicator"]) != row["value"]:
                    texts = sparql(council, f"SELECT ?figure WHERE {{ ?figure tl:value {row['value']} . }}")
                    if texts:
                        wrong.append((f"{slug} {year} {row['indicator']}", [], texts))
    return wrong, 1


def check_left_out(places, council):
    wanted = left_out(places, "directJobsFte", YEARS[-1])
    rows = totals(council, "directJobsFte", "country", YEARS[-1])
    got = [row["restricted_left_out"] for row in rows]
    return ([] if wanted and got == [wanted] else [("directJobsFte", wanted, got)]), 1


def check_places(places, addresses):
    wrong = []
    for slug, place in places.items():
        url = f"{addresses[slug]}/places/{slug}"
        status, media, text = get(url, "text/html")
        shown = text.replace("&#39;", "'").replace("&#x27;", "'").replace("&rsquo;", "'").replace("’", "'")
        if status != 200 or media != "text/html" or place["name"] not in shown:
            wrong.append((url, place["name"], (status, media)))
        for address, accept in ((url, "application/activity+json"), (url + ".jsonld", "*/*")):
            status, media, text = get(address, accept)
            if status != 200 or json.loads(text).get("name") != place["name"]:
                wrong.append((address, place["name"], (status, media)))
    return wrong, 1


def links(url, text):
    """Every address of the same node that a text names, in quotes or brackets."""
    for mark in "\"'<>()[]{}\\,;":
        text = text.replace(mark, " ")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    for word in text.split():
        token = word.removeprefix("href=").removeprefix("src=").replace("&amp;", "&")
        if token.startswith((origin + "/", "/")) and not token.startswith("//"):
            yield urljoin(origin, token).partition("#")[0]


def holds(text, number):
    """Whether the text has the number by itself: not as a part of a longer one."""
    for form in (str(number), str(number).replace(".", ",")):
        start = text.find(form)
        while start >= 0:
            before, after = text[start - 1 : start] if start else "", text[start + len(form) : start + len(form) + 1]
            if not before.isdigit() and before not in (".", ",") and not after.isdigit():
                return True
            start = text.find(form, start + 1)
    return False


def first_pages(council, addresses):
    """Where a stranger would look for a figure of a place."""
    for by in ("country", "region", "departement", "epci", "typology"):
        for form in ("json", "csv"):
            yield f"{council}/totals.{form}?indicator=directJobsFte&by={by}&period=2025"
    yield council + "/sparql?" + urlencode({"query": "SELECT DISTINCT ?v WHERE { GRAPH ?g { ?s ?p ?v } }"})
    yield council + "/sparql?" + urlencode({"query": "SELECT DISTINCT ?v WHERE { ?s ?p ?v }"})
    for slug, origin in {"actor": council, **addresses}.items():
        actor = origin + ("/actor" if slug == "actor" else "/places/" + slug)
        yield from (origin + "/", actor, actor + ".jsonld", origin + "/nodeinfo/2.1")
        yield from (actor + "/" + each for each in ("outbox", "followers", "following", "documents", "changes"))


def check_hidden(places, council, addresses):
    secrets = [row["value"] for place in places.values() for row in place["restricted"]]
    seen, waiting, wrong, count = set(), list(first_pages(council, addresses)), [], 0
    known = {council, *addresses.values()}
    while waiting and count < MOST_PAGES:
        url = waiting.pop(0)
        skipped = ("/ns", "/static", "/inbox")
        if url in seen or urlsplit(url).path.startswith(skipped) or not any(url.startswith(o + "/") for o in known):
            continue
        seen.add(url)
        for accept in ("text/html", "application/activity+json", "text/csv") if "/totals" not in url else ("*/*",):
            text = get(url, accept)[2]
            count += 1
            wrong += [(url, "", str(secret)) for secret in secrets if holds(text, secret)]
            waiting += [link for link in links(url, text) if link not in seen]
    return (wrong if secrets else [("secrets", 1, 0)]), count


# --- the whole ---------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--council", required=True, metavar="URL")
    parser.add_argument("--lang", choices=sorted(WORDS), default="fr")
    parser.add_argument("places", nargs="+", metavar="SLUG=URL")
    args = parser.parse_args()
    words, council = WORDS[args.lang], args.council.rstrip("/")
    addresses = dict(each.split("=", 1) for each in args.places)
    places = read_inputs(addresses)
    checks = {
        "places": lambda: check_places(places, addresses),
        "totals": lambda: check_totals(places, council),
        "areas": lambda: check_areas(places, council),
        "csv": lambda: check_csv(places, council),
        "graph": lambda: check_graph(places, council),
        "sum": lambda: check_sum(places, council),
        "revised": lambda: check_revised(places, council),
        "left_out": lambda: check_left_out(places, council),
        "hidden": lambda: check_hidden(places, council, addresses),
    }
    failures = 0
    for name, check in checks.items():
        try:
            wrong, count = check()
        except (OSError, ValueError, KeyError, ArithmeticError) as error:
            wrong, count = [(name, "", f"{type(error).__name__}: {error}")], 0
        failures += bool(wrong)
        print(f"  {words['wrong' if wrong else 'right']:<6} {words[name].format(n=count)}")
        for what, wanted, got in wrong[:10]:
            print(f"         {what}\n           {words['expected']}: {wanted}\n           {words['got']}: {got}")
    print(words["end"].format(right=len(checks) - failures, wrong=failures), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
