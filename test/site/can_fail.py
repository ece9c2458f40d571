# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""can_fail.py EXPECTED COMMAND...: the command fails, and finds what the file EXPECTED lists, no less and no more."""

import subprocess
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    expected = file.read()
came = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, timeout=240)
if came.returncode == 0:
    sys.exit("it finds nothing wrong with what is broken")
if came.stdout != expected:
    sys.exit("expected:\n%s\nfound:\n%s" % (expected, came.stdout))
