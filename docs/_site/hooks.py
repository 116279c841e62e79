# SPDX-License-Identifier: MIT
"""Do what mkdocs.yml cannot: add the pages beside README.md, make the navigation from docs/README.md, check the site.

The pages are written for a code host, with links between files. README.md is the first page of the site. Under
`mkdocs build --strict`, a warning is an error.
"""

from __future__ import annotations

import html.parser
import logging
import pathlib
import posixpath
import re
import urllib.parse
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

import fasthdr

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.fasthdr")

ROOT = pathlib.Path(__file__).resolve().parents[2]
INDEX = "docs/README.md"
HOW_TO = "docs/how-to.md"
# Pages that are not in docs/, or have another name on the site: file of the repository -> page of the site.
MOVED = {
    "README.md": "index.md",
    INDEX: "questions.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
    "SECURITY.md": "reporting.md",
}
SOURCES = {page: file for file, page in MOVED.items()}
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
FENCED = re.compile(r"(?ms)^```.*?^```\n")

external: set[str] = set()


def page_of(file: str) -> str:
    """Return the page of the site for a file of the repository."""
    return MOVED.get(file, file.removeprefix("docs/"))


def source_of(page: str) -> str:
    return SOURCES.get(page, f"docs/{page}")


def linked(file: str) -> list[tuple[str, str]]:
    """Return the links to pages in the tables of an index: text and page."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.findall(r"\[([^]]+)\]\(([\w./-]+\.md)\)", text)
    return [(title, page_of(posixpath.normpath(posixpath.join("docs", link)))) for title, link in found]


def navigation() -> list[dict[str, list[dict[str, str]]]]:
    """Return the sections of docs/README.md with their pages in order; the pages of docs/how-to.md follow that one."""
    text = (ROOT / INDEX).read_text(encoding="utf-8")
    by_page = {page: title for title, page in linked(INDEX)}
    sections: list[dict[str, list[dict[str, str]]]] = []
    for title, body in re.findall(r"(?ms)^## (.*?)\n(.*?)(?=^## |\Z)", text):
        pages: dict[str, str] = {}
        for link in re.findall(r"\]\(([\w./-]+\.md)\)", body):
            page = page_of(posixpath.normpath(posixpath.join("docs", link)))
            if page == page_of(HOW_TO):
                pages |= {page: by_page[page]} | {each: name for name, each in linked(HOW_TO)}
            pages.setdefault(page, by_page[page])
        if not sections:
            pages[page_of(INDEX)] = "All pages"
        sections.append({title: [{name: page} for page, name in pages.items()]})
    return sections


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    if fasthdr.IMPLEMENTATION != "cython":
        raise PluginError("the reference has the docstrings of the extension, and fasthdr has none here: make build")
    config.nav = navigation()
    external.clear()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    files.remove(files.src_uris["README.md"])
    for source, page in MOVED.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **others: object) -> str:  # noqa: ARG001
    """Turn links between files of the repository into links between pages, or to the code host."""
    source = source_of(page.file.src_uri)

    def moved(match: re.Match[str]) -> str:
        link = match[1]
        if link.startswith(("https://", "http://")):
            external.add(link)
            return link
        path, _, anchor = link.partition("#")
        if not path:
            return link
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (ROOT / target).exists():
            log.warning("%s: %s leads nowhere", source, link)
        inside = page_of(target)
        if target in MOVED or target.startswith("docs/"):
            path = posixpath.relpath(inside, posixpath.dirname(page.file.src_uri) or ".")
        else:
            path = f"{config.extra['social'][0]['link']}/blob/main/{target}"
        return f"{path}#{anchor}" if anchor else path

    fences = FENCED.findall(markdown)
    parts = [LINK.sub(moved, part) for part in FENCED.split(markdown)]
    return "".join(part + fence for part, fence in zip(parts, [*fences, ""], strict=True))


class Reader(html.parser.HTMLParser):
    """Collects the ids and the links of a page."""

    def __init__(self, page: pathlib.Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def check_links(site: pathlib.Path, pages: dict[pathlib.Path, Reader]) -> None:
    """Warn of links within the site whose file, or place in that file, does not exist."""
    for page, reader in pages.items():
        for link in sorted(reader.links):
            if link.startswith(("https:", "http:", "data:", "javascript:", "mailto:")) or page.name == "404.html":
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / urllib.parse.unquote(path)).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                log.warning("%s: no file for %s", page.relative_to(site), link)
            elif anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].ids:
                log.warning("%s: no place for %s", page.relative_to(site), link)


def check_names(pages: dict[pathlib.Path, Reader]) -> None:
    """Warn of public names, and of public members of public classes, that are missing from the reference."""
    ids = set().union(*(reader.ids for reader in pages.values()))
    wanted = {f"fasthdr.{name}" for name in fasthdr.__all__}
    for name in fasthdr.__all__:
        found = getattr(fasthdr, name)
        if isinstance(found, type):
            wanted |= {f"fasthdr.{name}.{member}" for member in vars(found) if member[0] != "_"}
    for name in sorted(wanted - ids):
        log.warning("the reference has no %s", name)


def on_post_build(config: MkDocsConfig) -> None:
    site = pathlib.Path(config.site_dir).resolve()
    pages = {page: Reader(page) for page in site.rglob("*.html")}
    check_links(site, pages)
    check_names(pages)
    listed = site.parent / "external-links.txt"
    listed.write_text("".join(f"{link}\n" for link in sorted(external)), encoding="utf-8")
    log.info("%d pages; %d links to other sites, not fetched: %s", len(pages), len(external), listed)
