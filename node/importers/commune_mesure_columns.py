"""The columns of a Commune Mesure table, one place a row, and the questions of the vocabulary that they answer.

Several columns of one question add up. People are asked *per event* there: their column is a mean, and gives no total.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """`indicator` in the columns `names`, added up. A mean names what it is for each `of`, and the column that counts
    them, `times`. `period`: where the column names one; `status`: the column that says how its figure is known."""

    names: tuple[str, ...]
    indicator: str
    breakdown: tuple[tuple[str, str], ...] = ()
    times: str = ""
    of: str = ""
    period: str = ""
    status: str = ""


_PUBLIC, _PRIVATE = (("eventAccess", "public"),), (("eventAccess", "private"),)
_INCOME = ("op_subsid", "op_aides_privees", "op_revenue")

COLUMNS = (
    Column(("surface_m2",), "floorArea"),
    Column(("occupants",), "residentOrganizations"),
    Column(("jobs",), "directJobsFte"),
    Column(("volunteers",), "volunteers"),
    Column(("partners",), "partners"),
    Column(("inv_public", "inv_private", "inv_own"), "investment"),
    Column(_INCOME, "operatingIncome"),
    Column(("op_revenue",), "ownResources"),
    Column(("orgs_created",), "organizationsCreated"),
    Column(("ev_public",), "events", _PUBLIC),
    Column(("ev_private",), "events", _PRIVATE),
    Column(("ev_public_people",), "eventAttendance", _PUBLIC, "ev_public", "events"),
    Column(("ev_private_people",), "eventAttendance", _PRIVATE, "ev_private", "events"),
    Column(("hours_week",), "openingHours"),
)
KNOWN_BY = frozenset({"name", "surface_m2", "hours_week", "ev_public_people"})
