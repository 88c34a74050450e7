"""What fediverse-pasture's `verify_actor` finds of our actors: who may read them, and who may post to them.

Its actors differ: alice and dean do not sign; claire and frank show their keys to signed requests only; dean, emily
and frank have no WebFinger name.
"""

import json
from pathlib import Path
from urllib.parse import urlencode

from node.testrig import Rig
from tests.interop.peer import SLUG, a_place, bovine, post

SIGNING = {"alice": False, "bob": True, "claire": True, "dean": False, "emily": True, "frank": True}


def test_everybody_reads_and_those_who_sign_are_heard(tmp_path: Path) -> None:
    rig = Rig(tmp_path, {"site": ("site",)})
    with rig, bovine(rig, "verify_actor.py") as peer:
        a_place(rig, friend="")
        for name in (
            f"{rig['site'].url}/places/{SLUG}",
            f"acct:{SLUG}@{rig['site'].authority}",
            rig["site"].url + "/actor",
        ):
            form = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
            answer = post(peer.url + "/", urlencode({"actor_uri": name}).encode(), form)
            result = json.loads(answer.body)["result"]
            assert result.pop("webfinger"), name
            assert result == {who: {"get_actor": True, "post_inbox": signs} for who, signs in SIGNING.items()}, name
