# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""pages.py SITE: each link within the site leads to a page that is there, and to a place that is on it; the classes show
the members that a user calls on them, in whatever base they stand."""

import html.parser
import os
import re
import sys
import urllib.parse

MEMBERS = {
    "classtrivium_1_1stream.html": ["read_some", "async_write_some", "last_result", "set_timeout", "set_stop", "set_option",
                                    "local_endpoint", "remote_endpoint", "cancel", "close", "async_connect", "shutdown"],
    "classtrivium_1_1listener.html": ["accept", "async_accept", "open", "bind", "set_option", "set_timeout", "cancel", "close"],
    "classtrivium_1_1socket.html": ["open", "bind", "listen", "shutdown", "set_option", "local_endpoint", "release", "close"],
}


class page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.text = [], set(), ""
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)

    def handle_data(self, data):
        self.text += data


def looked_at(site):
    """The HTML files of the site, by name; those of the search are made by scripts, which browser.py runs"""
    return {name: page(os.path.join(site, name)) for name in sorted(os.listdir(site)) if name.endswith(".html")}


def dead_links(site, pages):
    for name, one in pages.items():
        for link in sorted(set(one.links)):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            to = urllib.parse.unquote(parts.path) or name
            if not os.path.exists(os.path.join(site, to)):
                yield "%s: %s is not there" % (name, to)
            elif parts.fragment and to in pages and urllib.parse.unquote(parts.fragment) not in pages[to].anchors:
                yield "%s: %s has no place #%s" % (name, to, parts.fragment)


def menu_links(site):
    """The menu is data of a script."""
    path = os.path.join(site, "menudata.js")
    if not os.path.exists(path):
        yield "menudata.js: is not there"
        return
    with open(path, encoding="utf-8") as file:
        for to in re.findall(r'url:"([^"#]+)', file.read()):
            if not os.path.exists(os.path.join(site, to)):
                yield "menudata.js: %s is not there" % to


def hidden_members(pages):
    for name, members in MEMBERS.items():
        if name not in pages:
            yield "%s: is not there" % name
            continue
        for member in members:
            if not re.search(r"\b%s\b\s*\(" % member, pages[name].text):
                yield "%s: does not show %s" % (name, member)


def main():
    site = sys.argv[1]
    pages = looked_at(site)
    found = [*dead_links(site, pages), *menu_links(site), *hidden_members(pages)]
    for line in found:
        print(line)
    if found:
        sys.exit(1)
    print("%d links on %d pages" % (sum(len(one.links) for one in pages.values()), len(pages)))


main()
