# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""browser.py CHROMIUM SITE PAGE...: whoever types `send_all` into the search of the first page finds that of each way; and
each page is as wide as a phone, light and dark, and a dark one is dark."""

import sys

import chromium

WAYS = ("blocking", "nonblocking", "async")
PHONE = 390  # pixels

# The results stand in a frame or, with a newer Doxygen, in the page itself.
RESULTS = """
  [document, ...[...document.querySelectorAll("iframe")].map(frame => frame.contentDocument)]
    .flatMap(one => one ? [...one.querySelectorAll(".SRResult")] : [])
    .filter(one => one.getClientRects().length != 0)
"""
FIRST = "(found => found.length && (found[0].querySelector('a').click(), true))(%s)" % RESULTS  # which shows its overloads
LINKS = """
  (%s).flatMap(one => [...one.querySelectorAll("a[href]")])
    .filter(link => link.getClientRects().length != 0).map(link => link.href)
""" % RESULTS
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
BRIGHTNESS = """
  getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, each) => sum + Number(each), 0) / 3
"""


def unfound(page):
    if not page.until('document.getElementById("MSearchField") != null'):  # the menu's script makes it
        yield "there is nothing to search with"
        return
    page.value('document.getElementById("MSearchField").focus()')
    page.type("send_all")
    wanted = " && ".join('found.some(link => link.includes("trivium_1_1%s.html#"))' % way for way in WAYS)
    if page.until(FIRST) and page.until("(found => %s)(%s)" % (wanted, LINKS)):
        return
    links = page.value(LINKS)
    for way in WAYS:
        if not any("trivium_1_1%s.html#" % way in link for link in links):
            yield "send_all of trivium::%s is not found" % way


def unreadable(page, name):
    width = page.value(WIDTH)
    if width > PHONE:
        yield "%s.html: %d pixels wide on a phone of %d" % (name, width, PHONE)


def main():
    program, site, *names = sys.argv[1:]
    found = []
    with chromium.served(site) as address, chromium.page(program) as page:
        page.size(1200, 900)
        page.open(address + names[0] + ".html")
        found += unfound(page)
        for name in names:
            for dark in (False, True):
                page.size(PHONE, 844, dark)
                page.open(address + name + ".html")
                found += unreadable(page, name)
                if (page.value(BRIGHTNESS) < 128) != dark:
                    found.append("%s.html: is not %s" % (name, "dark" if dark else "light"))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main()
