"""Makes `communes.tsv` and `areas.tsv` from the npm package @etalab/decoupage-administratif (6.0.0: MIT, 2026 vintage).

    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf *.tgz && python vocab/data/territory/make.py package/data

One line a code, sorted by code: code, name, département, région, EPCI, population, kind, current code, postcodes.
Kinds: current, delegated, associated, former, arrondissement. Facts only: codes, names, populations (INSEE, DGCL).
"""

import json
import sys
from pathlib import Path
from typing import Any

KINDS = {
    "commune-actuelle": "current",
    "commune-deleguee": "delegated",
    "commune-associee": "associated",
    "arrondissement-municipal": "arrondissement",
}
# Overseas collectivities have a three-digit code and no région; they stand at their own level.
HERE = Path(__file__).parent


def _read(folder: Path, name: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return data


def _line(commune: dict[str, Any], epci: str, population: int, current: str) -> list[str]:
    return [
        commune["code"],
        commune["nom"],
        commune.get("departement") or commune.get("collectiviteOutremer", {}).get("code", ""),
        commune.get("region", ""),
        epci,
        str(population),
        KINDS[commune["type"]],
        current,
        " ".join(commune.get("codesPostaux", ())),
    ]


def communes(folder: Path) -> list[list[str]]:
    """Every code that ever names a present commune."""
    all_ = _read(folder, "communes")
    epci = {member["code"]: group["code"] for group in _read(folder, "epci") for member in group["membres"]}
    current = {c["code"]: c for c in all_ if c["type"] == "commune-actuelle"}
    lines: dict[str, list[str]] = {}
    for code, commune in current.items():
        lines[code] = _line(commune, epci.get(code, ""), commune.get("population", 0), code)
    for commune in all_:
        head = str(commune.get("commune") or commune.get("chefLieu"))
        if commune["type"] != "commune-actuelle" and commune["code"] not in lines and head in current:
            lines[commune["code"]] = _line(commune, epci.get(head, ""), commune.get("population", 0), head)
    for commune in current.values():
        for old in commune.get("anciensCodes", ()):
            if old not in lines:
                line = _line(commune, epci.get(commune["code"], ""), 0, commune["code"])
                lines[old] = [old, *line[1:6], "former", *line[7:]]
    return [lines[code] for code in sorted(lines)]


def areas(folder: Path) -> list[list[str]]:
    """level, code, name, and the région of a département."""
    rows = [["region", r["code"], r["nom"], ""] for r in _read(folder, "regions")]
    rows += [["departement", d["code"], d["nom"], d.get("region", "")] for d in _read(folder, "departements")]
    rows += [["epci", e["code"], e["nom"], ""] for e in _read(folder, "epci")]
    return sorted(rows)


def main(folder: Path) -> None:
    """Write both tables beside this script."""
    for name, rows in (("communes", communes(folder)), ("areas", areas(folder))):
        text = "".join("\t".join(row) + "\n" for row in rows)
        (HERE / f"{name}.tsv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
