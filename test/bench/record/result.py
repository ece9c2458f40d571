# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""result.py RESULT.json: a result is valid JSON, read by another reader than its writer, and complete."""

import json
import sys


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


with open(sys.argv[1], encoding="utf-8") as file:
    result = json.load(file, parse_constant=no_constant)  # Python would take NaN and Infinity

assert result["schema"] == "trivium-bench/4"
for key in ("started", "command", "plan", "environment", "findings", "background", "remarks", "rounds_done",
            "stopped_by_user", "precision_reached", "measured_s", "spoiled_trials", "causes", "health", "trustworthy", "cells", "bars", "checks", "trials"):
    assert key in result, key

plan = result["plan"]
counting = [trial for trial in result["trials"] if not trial["superseded"]]
assert len(counting) == plan["trials"], (len(counting), plan["trials"])
assert len(result["trials"]) - len(counting) == result["repeated"]
assert {finding["subject"] for finding in result["findings"]} >= {
    "processors", "neighbours", "steal", "governor", "clock", "instrument", "mitigations", "congestion control", "buffers",
    "limits", "processor counters", "tracepoint"}
assert result["checks"], "a smoke run without checks"
assert all(check["holds"] for check in result["checks"])
assert result["environment"]["processors_allowed"]
assert all(cost > 0 for cost in result["environment"]["costs"].values())

for trial in counting:
    cell = plan["cells"][trial["cell"]]
    assert trial["arm"] in cell["arms"]
    for end in ("near", "far"):
        assert trial[end]["congestion"]
        assert trial[end]["seconds"] > 0
        assert abs(sum(trial[end]["processors"].values()) - 1) < 1e-6, trial[end]["processors"]
    assert 0 <= trial["together"] <= 1
    assert trial["near"]["total_sent"] == trial["far"]["total_received"]
    assert trial["far"]["total_sent"] == trial["near"]["total_received"]
print(len(result["trials"]), "trials,", len(result["checks"]), "checks")
