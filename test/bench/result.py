# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""result.py RESULT.json: a result is valid JSON, read by another reader than its writer, and complete."""

import json
import sys


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


with open(sys.argv[1], encoding="utf-8") as file:
    result = json.load(file, parse_constant=no_constant)  # Python would take NaN and Infinity

assert result["schema"] == "trivium-bench/1"
for key in ("started", "plan", "environment", "rounds_done", "stopped_by_user", "measured_s", "trustworthy", "cells",
            "bars", "checks", "trials"):
    assert key in result, key

plan = result["plan"]
assert len(result["trials"]) == plan["trials"], (len(result["trials"]), plan["trials"])
assert result["checks"], "a smoke run without checks"
assert all(check["holds"] for check in result["checks"])
assert result["environment"]["processors_allowed"]

for trial in result["trials"]:
    cell = plan["cells"][trial["cell"]]
    assert trial["arm"] in cell["arms"]
    for end in ("near", "far"):
        assert trial[end]["congestion"]
        assert trial[end]["seconds"] > 0
    assert trial["near"]["total_sent"] == trial["far"]["total_received"]
    assert trial["far"]["total_sent"] == trial["near"]["total_received"]
print(len(result["trials"]), "trials,", len(result["checks"]), "checks")
