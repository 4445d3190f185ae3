"""Storage URLs: normalized spelling, their file, and messages without passwords."""

import importlib.util
import os
import re
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from data_pipeline.system.errors import InputError, first_line

ENVIRONMENT = "EXPRESSION_SEARCH_STORAGE"
"""Environment variable that names a storage, for URLs with a password."""

HIDDEN = "***"

DRIVERS = {  # SQLAlchemy's default package, ours, and our extra that installs it
    "postgresql": ("psycopg2", "psycopg", "postgres"),
    "mysql": ("MySQLdb", "pymysql", "mysql"),
    "mariadb": ("MySQLdb", "pymysql", "mysql"),
}
_SECRET_KEY = re.compile(r"pass|pwd|secret|token|credential", re.IGNORECASE)
_USER_PART = re.compile(r"(://[^:/@\s]*:).*@", re.DOTALL)
_USER_IN_TEXT = re.compile(r"(://[^:/@\s]*:)[^@\s]*@")
_QUERY_PAIR = re.compile(r"(?<=[?&;])([^=&;]+)=([^&;]*)")
_NO_SLASHES = re.compile(
    r"(sqlite|postgres|postgresql|mysql|mariadb)(\+\w+)?:(?!//)|[^:@]+:.*@", re.DOTALL
)
"""A database URL without its slashes, or only a user and a password."""
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]*)?")
_SQLITE_OPTIONS = {"uri", "mode", "cache", "timeout"}

SQLITE_FILES = ("", "-journal", "-wal", "-shm")
"""Endings of a database's files; SQLite also reads those beside the main one."""


def sqlite_url(path: Path) -> str:
    """Returns the URL of an SQLite file.

    Example:
        >>> sqlite_url(Path("/runs/a b?/optuna.db"))
        'sqlite:////runs/a b%3F/optuna.db'
    """
    return _text(URL.create("sqlite", database=str(path)))


def chosen_storage(option: str | None) -> str | None:
    """Returns the normalized storage of ``--storage`` or else the environment."""
    named = option or os.environ.get(ENVIRONMENT)
    return normalized_url(named) if named else None


def normalized_url(url: str) -> str:
    """Normalizes a URL or a journal's path: absolute file, explicit driver.

    Raises ``InputError`` for what is no persistent storage, or a missing driver.

    Example:
        >>> normalized_url("sqlite+pysqlite:////shared.db")
        'sqlite:////shared.db'
    """
    if "://" not in url:
        return _journal(url)
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return _text(_with_driver(parsed, url))
    path = _sqlite_file(parsed, url)
    files = [Path(f"{path}{ending}") for ending in SQLITE_FILES]
    odd = [file for file in files if file.exists() and not file.is_file()]
    if odd or not path.parent.is_dir():
        wrong = "is not a regular file" if odd else "is in a folder that does not exist"
        raise InputError(
            f"--storage {masked(url)}: the database's file, {[*odd, path][0]}, {wrong};"
            " name a file in an existing folder"
        )
    name = parsed.drivername.removesuffix("+pysqlite")
    query = {key: parsed.query[key] for key in parsed.query if key == "timeout"}
    return _text(URL.create(name, database=str(path), query=query))


def file_of(url: str) -> Path | None:
    """Returns the file of an SQLite or journal storage, ``None`` for a server."""
    if "://" not in url:
        return Path(url)
    parsed = _parsed(url)
    return _sqlite_file(parsed, url) if parsed.get_backend_name() == "sqlite" else None


def masked(url: str) -> str:
    """Hides the passwords of a URL.

    Example:
        >>> masked("postgresql://me:s3cret@host/x?sslpassword=s3cret")
        'postgresql://me:***@host/x?sslpassword=***'
    """
    if "://" not in url:
        return url
    hidden = _USER_PART.sub(rf"\1{HIDDEN}@", url)
    return _QUERY_PAIR.sub(_hide_pair, hidden)


def without_secrets(text: str, url: str) -> str:
    """Hides the passwords of a URL in a message, perhaps of a library."""
    text = _USER_IN_TEXT.sub(rf"\1{HIDDEN}@", text.replace(url, masked(url)))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text


def identity_of(url: str) -> str:
    """Identifies a storage regardless of its password and driver.

    Example:
        >>> identity_of("postgresql+psycopg://me:s3cret@host:5432/x?sslmode=require")
        'postgresql://host:5432/x'
    """
    if "://" not in url:
        return url
    parsed = _parsed(url)
    return _text(
        URL.create(
            parsed.get_backend_name(),
            host=parsed.host,
            port=parsed.port,
            database=parsed.database,
        )
    )


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    try:
        url.encode()  # a shell passes bytes that are no text
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        if "@" not in (parsed.host or ""):
            return parsed
    except (sqlalchemy.exc.ArgumentError, ValueError):
        pass  # its message contains parts of the URL
    raise InputError(
        f"--storage {masked(url)}: is not a database URL; the form is "
        "DATABASE://USER:PASSWORD@HOST:PORT/NAME, with %40 for an @ in a password, or "
        "sqlite:///FILE"
    )


def _journal(text: str) -> str:
    if _NO_SLASHES.match(text):
        raise InputError(
            f"--storage {text.partition(':')[0]}:...: a database URL has :// "
            "after the database's name: sqlite:///FILE, postgresql://HOST/NAME"
        )
    if text == ":memory:":
        raise _in_memory(text)
    path = Path(text).resolve()
    if not path.parent.is_dir():
        raise InputError(
            f"--storage {text}: the folder {path.parent} of the journal file does not "
            "exist; create it, or name another file"
        )
    return str(path)


def _sqlite_file(parsed: URL, url: str) -> Path:
    """Returns the file of an SQLite URL; refuses one in memory."""
    database = parsed.database or ""
    is_uri = str(parsed.query.get("uri", "")).lower() in {"true", "1", "yes", "on", "t"}
    if is_uri and database.startswith("file:"):
        database = unquote(re.sub("^file:(//(localhost)?(?=/))?", "", database))
    in_memory = parsed.query.get("mode") == "memory" or database == ":memory:"
    if in_memory or not database.strip():
        raise _in_memory(url)
    unsupported = sorted(parsed.query.keys() - _SQLITE_OPTIONS)
    if parsed.query.get("mode", "rwc") not in {"rw", "rwc"}:
        unsupported.append("mode")
    if not _SECONDS.fullmatch(str(parsed.query.get("timeout", "5"))):
        unsupported.append("such timeout")
    if parsed.host or parsed.username or parsed.password:
        unsupported.append("host, user or password")
    if unsupported:
        raise InputError(
            f"--storage {masked(url)}: the URL of an SQLite file is sqlite:///FILE, "
            "with four slashes for an absolute path; it takes no "
            f"{', '.join(unsupported)}"
        )
    return Path(database).resolve()


def _in_memory(url: str) -> InputError:
    return InputError(
        f"--storage {masked(url)}: a database in memory is lost when the search ends; "
        "name a file: sqlite:///FILE"
    )


def _with_driver(parsed: URL, url: str) -> URL:
    """Chooses our driver if SQLAlchemy's default one is not installed."""
    name, _, driver = parsed.drivername.partition("+")
    usual, ours, extra = DRIVERS.get(name, ("", "", ""))
    if ours and not driver and not _is_installed(usual):
        parsed = parsed.set(drivername=f"{name}+{ours}")
    try:
        parsed.get_dialect().import_dbapi()
    except sqlalchemy.exc.NoSuchModuleError:
        raise InputError(
            f"--storage {masked(url)}: SQLAlchemy has no database {name!r} with this "
            "driver; it supports sqlite, postgresql and mysql"
        ) from None
    except ImportError as error:
        way = f"pip install -e '.[{extra}]' installs {ours}" if extra else "install it"
        raise InputError(
            f"--storage {masked(url)}: the package of its driver is missing "
            f"({first_line(error)}); {way}"
        ) from None
    return parsed


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _hide_pair(pair: re.Match[str]) -> str:
    key, value = pair.groups()
    return f"{key}={HIDDEN if _SECRET_KEY.search(unquote(key)) else value}"


def _secrets(url: str) -> set[str]:
    """Collects each password of a URL, quoted and unquoted."""
    parts = [part.group()[3:-1] for part in _USER_PART.finditer(url)]
    raw = [part.partition(":")[2] for part in parts]
    raw += [
        value
        for key, value in _QUERY_PAIR.findall(url)
        if _SECRET_KEY.search(unquote(key))
    ]
    forms = {unquote(word) for word in raw} | set(raw)
    forms |= {form(word) for word in forms for form in (quote, quote_plus)}
    return {word for word in forms if word}
