# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""filter.py FILE: the text of a header or a page as Doxygen is to read it, so that neither is written for Doxygen.

In a header:
  - the comment at its head is about the file;
  - `Errors: ...` at the start of a line of a comment begins a section of that name;
  - an indented example is C++;
  - a comment holds for all declarations below it up to an empty line;
  - a class that says whether it is copied or moved need not say so of each of its special members;
  - what a public header declares in namespace detail is not shown.
On a page:
  - each heading has the anchor that GitHub gives it, and a link to another page finds it by that.
"""

import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


# --- pages --------------------------------------------------------------------------------------------------------------

def page_name(path):
    """docs/limits.md -> limits, docs/index.md -> docs, samples/README.md -> samples; empty for the main page"""
    folder, name = os.path.split(os.path.relpath(path, ROOT))
    if name in ("README.md", "index.md"):
        return os.path.basename(folder)
    return name[: -len(".md")].lower()


def slug(heading):
    """GitHub's anchor of a heading"""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchor(path, heading_slug):
    return "-".join(part for part in (page_name(path) or "trivium", heading_slug) if part)


def link_target(page, target):
    """What a link of `page` to `target` is for Doxygen"""
    if re.match(r"\w+:", target):
        return target
    path, _, fragment = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if path.endswith(".hpp"):
        return "@ref " + os.path.relpath(path, os.path.join(ROOT, "include"))
    if not path.endswith(".md"):
        return "./files.html" if os.path.isdir(path) else "./" + os.path.basename(path)
    return (page_name(path) or "index") + ".html" + (fragment and "#" + anchor(path, fragment))


def code_spans(line):
    """Doxygen takes an apostrophe for the end of a `code`, unless it stands between two backticks."""
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", lambda code: "``%s``" % code[1] if "'" in code[1] else code[0], line)


def page(path, text):
    out, fenced = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            line = re.sub(r"(?<=\]\()[^)\s]+(?=\))", lambda link: link_target(path, link[0]), code_spans(line))
            heading = re.match(r"(#+) (.+)", line)
            if heading and len(heading[1]) == 1:
                line += " {#%s}" % page_name(path) if page_name(path) else ""
            elif heading:
                line += " {#%s}" % anchor(path, slug(heading[2]))
        out.append(line)
    return "\n".join(out) + "\n"


# --- headers ------------------------------------------------------------------------------------------------------------

LABEL = re.compile(r" *([A-Z][\w()-]*(?:, [a-z]+)*):(?: +|$)")
LIST_ITEM = re.compile(r" *(?:-|\d+\.) ")


def indent_of(line):
    return len(line) - len(line.lstrip())


def comment(lines, namespace=""):
    """The lines of one comment, without their slashes. What `namespace` says of errors all its verbs share."""
    out, in_example, in_list, section = [], False, None, None  # of a list and of a section the indentation
    for at, line in enumerate(lines):
        indent = indent_of(line)
        after_blank = at == 0 or not lines[at - 1].strip()
        if in_example or (at != 0 and after_blank and indent > 4):
            if not in_example:
                out[-1] = " @code{.cpp}"
            in_example = at + 1 != len(lines) and (not lines[at + 1].strip() or indent_of(lines[at + 1]) > 4)
            out.append(line if in_example else line + " @endcode")
            continue
        label = LABEL.match(line)
        if not line.strip():
            in_list = section = None
        elif label and at != 0 and (after_blank or indent == section or lines[at - 1].endswith(":")):
            in_list, section = None, indent
            text = line[label.end() :].strip()
            name = text.startswith("shared by all verbs") and "@anchor %s_errors " % namespace
            line = " @label{%s} %s%s" % (label[1].replace(",", "\\,"), name or "", text)
        elif LIST_ITEM.match(line):
            in_list = indent
        elif in_list is not None and indent <= in_list:
            in_list = None
        if section is not None and in_list is None:
            line = " " + line.strip()
        out.append(line)
    return out


def classes():
    """The names of the classes of namespace trivium: Doxygen takes those in lower case for words."""
    found = set()
    for folder, subfolders, names in os.walk(os.path.join(ROOT, "include", "trivium")):
        subfolders[:] = [name for name in subfolders if name != "detail"]
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found.update(re.findall(r"^(?:class|struct) (\w+)(?: final)?(?: :[^;{]*)? \{", file.read(), re.MULTILINE))
    return found


def linked(text, known, way):
    """With links to the classes, pages and shared parts that it refers to"""
    text = re.sub(r"\b(see|at|an?|another)(\s+)`(\w+)`(?!`)",
                  lambda at: '%s%s@ref trivium::%s "%s"' % (at[1], at[2], at[3], at[3]) if at[3] in known else at[0], text)
    text = re.sub(r"\bsee(\s+)(\w+)\b(?!::)",
                  lambda at: 'see%s@ref trivium::%s "%s"' % (at[1], at[2], at[2]) if at[2] in known else at[0], text)
    text = re.sub(r"\bdocs/(\w+)\.md\b", lambda at: "[%s](%s)" % (at[0], link_target(ROOT + "/", at[0])), text)
    text = re.sub(r"(?<!`)<([\w/]+(?:\.hpp|\.h))>(?!`)", r"`<\1>`", text)  # no HTML
    return re.sub(r"\bshared ones\b", "[shared ones](@ref %s_errors)" % way, text)


SCOPE = re.compile(r"\s*(?:class|struct|enum|namespace)\b|#|\s*$")  # holds for one, and what is in it has its own
SPECIAL = re.compile(r"(?:explicit |virtual |constexpr )*(?:(\w+)\((?:\1&&|\1 const&)(?: \w+)?\)"
                     r"|(\w+)& operator=\((?:\2&&|\2 const&)(?: \w+)?\)|~\w+\(\)|.*= delete;)")


def special(lines, at):
    """Whether a special member without a comment of its own begins here"""
    return SPECIAL.match(lines[at].strip()) and not lines[at - 1].strip().startswith("///")


def private_lines(lines):
    """The lines of the private parts of classes, which Doxygen hides, but for the links to them"""
    found = set()
    for at, line in enumerate(lines):
        opens = re.match(r"( *)(?:class (?!.*[;]).*\{| private:)$", line)
        if opens and at not in found:
            end = at + 1
            while not re.match(opens[1] + r"(?:\}| (?:public|protected):)", lines[end]):
                end += 1
            found.update(range(at + 1, end))
    return found


def detail_lines(lines):
    """What stands in namespace detail, its first and last line not"""
    found, depth = set(), 0
    for at, line in enumerate(lines):
        if depth or line.startswith("namespace detail {"):
            code = line.split("//")[0]
            opened = depth
            depth += code.count("{") - code.count("}")
            if opened and depth:
                found.add(at)
    return found


def declarations(lines, first):
    """Where each of the declarations ends that follow one another from `first`; clang-format has indented them."""
    indent, ends = indent_of(lines[first]), []
    for at in range(first, len(lines) - 1):
        code = re.sub(r"\s*//.*", "", lines[at])
        following = next((n for n in range(at + 1, len(lines)) if lines[n].strip()), len(lines) - 1)
        after = lines[following]
        closes = following == at + 1 and indent_of(after) == indent and re.match(r"\s*[}{]", after)
        if not code.endswith((";", "}")) or indent_of(after) > indent or closes:
            continue
        ends.append(at)
        if following != at + 1 or indent_of(after) < indent or after.strip().startswith(("//", "#", "/**")):
            break
    return ends


def header(path, text):
    lines = text.splitlines()
    name = os.path.basename(path)[: -len(".hpp")]
    way = "trivium_" + name if "@namespace trivium::%s" % name in text else ""
    known, out = classes(), list(lines)

    # No line is added or taken away, so that Doxygen's warnings name the header's own lines.
    at = 0
    head = next((n for n, line in enumerate(lines) if line == "" and n < 5), 0) + 1
    while at < len(lines):
        slashes = re.match(r"\s*///?(?![/<])", lines[at])
        if not slashes or not (slashes[0].endswith("///") or at == head):
            at += 1
            continue
        prefix, end = slashes[0], at
        while end < len(lines) and re.match(re.escape(prefix) + r"(?![/<])", lines[end]):
            end += 1
        block = comment(linked("\n".join(line[len(prefix) :] for line in lines[at:end]), known, way).split("\n"), way)
        if prefix == "//":
            block[0] = " @head" + block[0]
            prefix = "///"
        out[at:end] = [prefix + line for line in block]
        at = end

    read = list(out)
    behind = max((n for n, line in enumerate(read) if line.startswith("}  // namespace trivium")), default=len(read)) + 1
    if behind < len(read):  # specialisations of other libraries' templates
        out[behind] = "/** @cond */ " + out[behind]
        out[-1] += " /** @endcond */"
        read = read[:behind]
    hidden = private_lines(read)
    if "/detail/" not in path:
        hidden |= detail_lines(read)
    for begin in sorted(hidden):
        out[begin] = ""
    for begin, line in enumerate(read):
        if begin in hidden:
            continue
        if special(read, begin):
            out[begin] = "/** @cond */ " + out[begin]
            out[declarations(read, begin)[0]] += " /** @endcond */"
        elif re.match(r"\s*///(?![/<])", line) and not re.match(r"\s*///", read[begin - 1]):
            first = begin
            while re.match(r"\s*///", read[first]):
                first += 1
            ends = [] if SCOPE.match(read[first]) else declarations(read, first)
            same = "@nl".join(line.strip().removeprefix("///") for line in read[begin:first])
            for end in ends[:-1]:
                out[end + 1] = "/** %s */ %s" % (same, out[end + 1])
    return "\n".join(out) + "\n"


def main():
    path = os.path.realpath(sys.argv[1])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    sys.stdout.write(page(path, text) if path.endswith(".md") else header(path, text))


if __name__ == "__main__":
    main()
