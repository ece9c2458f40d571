# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""doxygen.py DOXYGEN DOXYFILE [SITE] [--input FILE]: makes the site again (of FILE alone), in a folder of its own, and
lists what Doxygen warns of; then where it differs from SITE, what made at another time and place must not."""

import argparse
import filecmp
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))

arguments = argparse.ArgumentParser()
arguments.add_argument("doxygen")
arguments.add_argument("doxyfile")
arguments.add_argument("site", nargs="?")
arguments.add_argument("--input")
given = arguments.parse_args()

with open(given.doxyfile, encoding="utf-8") as file:
    configuration = file.read()
with tempfile.TemporaryDirectory() as folder:
    configuration += "OUTPUT_DIRECTORY = %s\n" % folder
    if given.input:
        configuration += "INPUT = %s\nUSE_MDFILE_AS_MAINPAGE =\nLAYOUT_FILE =\n" % given.input
    came = subprocess.run([given.doxygen, "-"], input=configuration, stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=240)
    said = re.sub(r"(?m)^%s/(.*?: )(?:warning|error): (.*?)(?: \(warning treated.*)?$" % re.escape(ROOT), r"\1\2", came.stderr)
    found = sorted(set(said.splitlines()))
    if came.returncode != 0 and not found:
        found.append("doxygen ended with %d" % came.returncode)
    if given.site and not found:
        made = {os.path.relpath(os.path.join(at, name), folder + "/html")
                for at, _, names in os.walk(folder + "/html") for name in names}
        there = {os.path.relpath(os.path.join(at, name), given.site)
                 for at, _, names in os.walk(given.site) for name in names}
        found += ["%s: is not made again" % name for name in sorted(there - made)]
        if not given.input:
            found += ["%s: was not made before" % name for name in sorted(made - there)]
        found += ["%s: is another" % name for name in sorted(made & there)
                  if not filecmp.cmp(os.path.join(folder, "html", name), os.path.join(given.site, name), shallow=False)]

for line in found:
    print(line)
sys.exit(1 if found else 0)
