"""A published work: its bibliographic fields, and the methods it describes."""

from collections.abc import Iterator
from dataclasses import dataclass

VENUES = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "book": "publisher",
    "misc": "howpublished",
}
"""BibTeX's type of an entry, and its field for where the work appeared."""

MOST_NAMED = 2
"""Authors that a citation names; of more, it names the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One work.

    ``of`` are names of methods, as ``used_methods`` lists them: a run that used one of
    them cites the work. ``what`` says in words what it is cited for. ``authors`` and
    ``pages`` are as BibTeX has them. A DOI is given where it is certain.
    """

    key: str
    of: tuple[str, ...]
    what: str
    kind: str
    authors: str
    title: str
    venue: str
    year: int
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""

    def names(self) -> list[str]:
        """Lists the authors, last name first."""
        return self.authors.split(" and ")

    def citation(self) -> str:
        """Writes the work as a text cites it.

        Example:
            >>> from search.references.catalogue import WORKS
            >>> [w.citation() for w in WORKS if w.key in ("li2020", "clopper1934")]
            ['Li et al. 2020', 'Clopper and Pearson 1934']
        """
        last = [name.partition(",")[0] for name in self.names()]
        known = last if len(last) <= MOST_NAMED else [last[0]]
        more = " et al." if len(last) > MOST_NAMED or last[-1] == "others" else ""
        return f"{' and '.join(n for n in known if n != 'others')}{more} {self.year}"

    def bibtex_fields(self) -> Iterator[tuple[str, str]]:
        """Yields the fields of a BibTeX entry, in order, without empty ones."""
        fields = {
            "author": self.authors,
            "title": self.title,
            VENUES[self.kind]: self.venue,
            "year": str(self.year),
            "volume": self.volume,
            "number": self.number,
            "pages": self.pages,
            "doi": self.doi,
            "url": self.url,
        }
        return ((name, text) for name, text in fields.items() if text)

    def bibtex(self) -> str:
        """Writes the work as an entry of a BibTeX file.

        Example:
            >>> from search.references.catalogue import WORKS
            >>> print(next(w for w in WORKS if w.key == "searle1992").bibtex())
            @book{searle1992,
              author = {Searle, S. R. and Casella, G. and McCulloch, C. E.},
              title = {{Variance Components}},
              publisher = {Wiley},
              year = {1992}
            }
        """
        fields = [
            f"  {name} = {{{f'{{{text}}}' if name == 'title' else text}}}"
            for name, text in self.bibtex_fields()
        ]
        return f"@{self.kind}{{{self.key},\n" + ",\n".join(fields) + "\n}"

    def reference(self) -> str:
        """Writes the work as an entry of a list of references.

        Example:
            >>> from search.references.catalogue import WORKS
            >>> print(next(w for w in WORKS if w.key == "niu2016").reference()[:58])
            Niu, Z., Zhou, M., Wang, L., Gao, X. and Hua, G. (2016). O
        """
        *first, last = self.names()
        names = f"{', '.join(first)} and {last}" if first else last
        names = names.replace(" and others", " et al.")
        issue = f"({self.number})" if self.number else ""
        volume = f" {self.volume}{issue}" if self.volume else ""
        pages = f", {self.pages.replace('--', '-')}" if self.pages else ""
        place = f"{self.venue}{volume}{pages}."
        links = f" doi:{self.doi}" if self.doi else f" {self.url}" if self.url else ""
        return f"{names} ({self.year}). {self.title}. {place}{links}"
