"""Contacts from a CSV file, the export of a report or a person's own, for `rollcall init --from`: pure."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from rollcall.decide.plan import ObservedAccount
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import (
    ALL_PARTS,
    ALTERNATE_KINDS,
    ALTERNATE_PARTS,
    PRIMARY_PARTS,
    Contact,
    ContactKind,
    find_rules,
    list_kinds,
)
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall.outcomes.verdicts import Verdict
from rollcall.report.csv_file import read_cell
from rollcall_cli.aws.directory import name_ou
from rollcall_cli.init.propose import InitReading, find_value_problem
from rollcall_cli.text.arguments import KIND_NAMES
from rollcall_cli.text.formatting import clean
from rollcall_config.document import ConfigError, ConfigProblem
from rollcall_config.values import find_account_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Columns of a person's own file, each with what it may be called: in any case, with any punctuation.
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "account_id": ("accountid", "account", "accountnumber", "awsaccount", "awsaccountid"),
    "kind": ("kind", "type", "contactkind", "contacttype", "alternatecontacttype"),
    "name": ("name", "contactname"),
    "title": ("title", "contacttitle", "jobtitle"),
    "email": ("email", "emailaddress", "mail", "contactemail"),
    "phone": ("phone", "phonenumber", "telephone", "contactphone"),
    "account_name": ("accountname", "awsaccountname"),
    "ou": ("ou", "oupath", "organizationalunit"),
    **{part: (part.replace("_", ""),) for part in PRIMARY_PARTS if part not in ALTERNATE_PARTS},
}
#: Those of `rollcall report --format csv` that say what an account has.
_EXPORT: Final[Mapping[str, tuple[str, ...]]] = {
    name: (name.replace("_", ""),)
    for name in (
        *("account_id", "account_name", "ou", "state", "kind", "status", "found"),
        *(f"{what}_{part}" for what in ("found", "wanted") for part in ALL_PARTS),
    )
}
_NEEDED: Final = frozenset(
    {
        *("account_id", "kind", "state", "status", "found"),
        *(f"{what}{part}" for what in ("", "found_", "wanted_") for part in ALTERNATE_PARTS),
    }
)
#: The same where primary contacts are read: of a person's own file, and of an export.
_NEEDED_FOR_ADDRESSES: Final = (_NEEDED - {"title", "email"}, frozenset(_EXPORT) - {"account_name", "ou"})
#: Statuses of contacts that changed after the report's run had read them.
_CHANGING: Final = (Verdict.SKIPPED, Verdict.PENDING)
#: The first line of some files names for Excel what separates the cells.
_SEPARATOR: Final = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)
#: What a spreadsheet shows in place of a value that it could not compute.
_NO_VALUE: Final = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
_OU_NAME: Final = re.compile(r'"((?:[^"]|"")*)"|([^/]+)')


def read_csv(data: bytes, *, file: str, primary: bool = False) -> InitReading:
    """Return the active accounts of the file, which messages call `file`, with their contacts.

    Primary contacts are left out unless `primary`, and a file without any is refused if they are asked for.
    An account without a row of a kind that the file has elsewhere has an unreadable contact of that kind.
    OUs have their paths as ids. The id of the root is empty, as is that of an OU that a roster cannot name by
    its path: an override is never for the root. Without a column for OUs there are none.
    Raises ConfigError with all errors, which quote no contact details.
    """
    reader = _Reader(file, primary=primary)
    for line, cells in _list_rows(data, reader):
        reader.read_row(line, cells)
    reading = reader.build()
    has_primary = any(ContactKind.PRIMARY in one.contacts for one in reading.observed)
    if not reading.observed and not reader.problems:
        reader.refuse(1, None, "has no contact of an active account below this line: add one")
    elif primary and not has_primary and not reader.problems:
        reader.refuse(1, None, "has no primary contact below this line: add one, or omit --primary")
    if reader.problems:
        raise ConfigError(reader.problems)
    return reading


def _list_rows(data: bytes, reader: _Reader) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the first line of each row, counted from 1, and its cells by column."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reader.refuse(line, None, "is not UTF-8: save it as UTF-8 (in Excel: CSV UTF-8)")
        return
    marked = _SEPARATOR.match(text)
    separator = marked[1] if marked else max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: Mapping[str, int] | None = None
    width, line = 0, 1
    try:
        for cells in rows:
            if marked and line == 1:
                pass  # it is for Excel
            elif columns is None:
                columns, width = reader.read_header(cells), len(cells)
                if not columns:
                    return
            elif len(cells) != width and any(cells):
                why = f"has {len(cells)} cells, the header has {width}"
                reader.refuse(line, None, f"{why}: put a value with {separator!r} in double quotes")
            elif any(map(str.strip, cells)):
                yield line, {name: read_cell(cells[place]) for name, place in columns.items()}
            line = rows.line_num + 1
    except csv.Error as error:
        reader.refuse(line, None, f"is not CSV ({error}): double each quote within a value in quotes")
    if columns is None:
        reader.read_header([])


class _Reader:
    """Collects contacts and problems, row by row."""

    def __init__(self, file: str, *, primary: bool) -> None:
        self.problems: list[ConfigProblem] = []
        self._file, self._primary = file, primary
        self._left_out = 0
        self._export = False
        #: As the file calls its columns.
        self._titles: dict[str, str] = {}
        self._accounts: dict[str, tuple[int, Account]] = {}
        self._lines: dict[tuple[str, ContactKind], int] = {}
        self._found: dict[tuple[str, ContactKind], Observation] = {}

    def refuse(self, line: int, column: str | None, text: str) -> None:
        """Add an error, which is at a column unless that is None."""
        field = self._titles.get(column, column) if column else ""
        self.problems.append(ConfigProblem(file=self._file, line=line, field=field, text=text))

    def read_header(self, cells: Sequence[str]) -> Mapping[str, int]:
        """Return the places of the columns; empty, with errors, if one is missing or there twice."""
        titles = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in cells]
        self._export = "foundname" in titles
        if not {"name", "contactname"}.intersection(titles):
            titles = ["name" if title == "fullname" else title for title in titles]
        addresses = self._primary and not {"addressline1", "foundaddressline1"}.isdisjoint(titles)
        names = _EXPORT if self._export else _OWN
        if not any(title in synonyms for synonyms in names.values() for title in titles):
            header = ",".join(("account_id", "kind", *ALTERNATE_PARTS))
            self.refuse(1, None, f"has no column of contacts: name a CSV file with the first line {header}")
            return {}
        places: dict[str, int] = {}
        for name, synonyms in names.items():
            found = [place for place, title in enumerate(titles) if title in synonyms]
            if len(found) > 1:
                named = " and ".join(repr(clean(cells[place])) for place in found)
                self.refuse(1, name, f"is there {len(found)} times, as {named}: keep one")
            elif found:
                places[name] = found[0]
                self._titles[name] = clean(cells[found[0]].strip())
            elif name in (_NEEDED_FOR_ADDRESSES[self._export] if addresses else _NEEDED):
                fix = f"call a column of the first line {name}, or {', '.join(synonyms[1:])}"
                self.refuse(1, name, f"is missing: {'export the report again' if self._export else fix}")
        return {} if self.problems else places

    def read_row(self, line: int, cells: Mapping[str, str]) -> None:
        """Add the contact of one row."""
        name = cells["kind"].strip().upper()
        if name == ContactKind.PRIMARY and not self._primary:
            self._left_out += 1
            return
        account = self._read_account(line, cells)
        if self._export and not cells["found"]:
            return  # nobody read this contact
        if name not in tuple(ContactKind):
            self.refuse(line, "kind", f"is not {KIND_NAMES}")
            return
        kind = ContactKind(name)
        found = self._read_export(line, kind, cells) if self._export else self._read_own(line, kind, cells)
        if account is None:
            return
        key = account.id, kind
        if (first := self._lines.setdefault(key, line)) != line:
            text = f"is {kind} of account {account.id}, as is line {first}: keep one of the two"
            self.refuse(line, "kind", text)
        elif found is not None:
            self._found[key] = found

    def _read_account(self, line: int, cells: Mapping[str, str]) -> Account | None:
        account_id = cells["account_id"].strip()
        if problem := find_account_problem(account_id):
            fix = "in a spreadsheet, format the column as text first"
            self.refuse(line, "account_id", f"{problem}; {fix}")
            return None
        names, parents = _read_path(cells["ou"]) if "ou" in cells else ((), ())
        account = Account(
            id=account_id,
            name=cells.get("account_name", ""),
            state=AccountState(cells.get("state", AccountState.ACTIVE)),
            ou_path=names,
            parent_ids=parents,
        )
        first, known_account = self._accounts.setdefault(account_id, (line, account))
        if known_account.ou_path != names:
            self.refuse(
                line, "ou", f"is another OU of account {account_id} than in line {first}: correct one"
            )
        return account

    def _read_own(self, line: int, kind: ContactKind, cells: Mapping[str, str]) -> Observation | None:
        """Return what the account is to have; None if a value is wrong."""
        values = {part: cells.get(part, "").strip() for part in find_rules(kind)}
        alternate = kind in ALTERNATE_KINDS
        if alternate and not any(values.values()):
            return Absent()
        problems = {
            part: "is an error of a spreadsheet"
            if _NO_VALUE.fullmatch(value)
            else find_value_problem(part, value, kind)
            for part, value in values.items()
        }
        for part, problem in problems.items():
            if problem:
                empty = "fill it, or empty all four for no contact" if alternate else "fill it"
                self.refuse(line, part, f"{problem}: {'correct it' if values[part] else empty}")
        return None if any(problems.values()) else Present(contact=Contact(**values))

    def _read_export(self, line: int, kind: ContactKind, cells: Mapping[str, str]) -> Observation | None:
        """Return what the account has since the run of the report; None if that is no state."""
        if cells["status"] in _CHANGING:
            return Unreadable(
                reason=f"its {kind} contact changed during the run of the report: use a later one"
            )
        written = cells["status"] == Verdict.SET
        what = "wanted" if written else "found"
        values = {part: cells.get(f"{what}_{part}", "") for part in find_rules(kind)}
        state = cells["found"] if not written else "present" if any(values.values()) else "absent"
        match state:
            case "present":
                return Present(contact=Contact(**values))
            case "absent":
                return Absent()
            case "unreadable":
                return Unreadable(reason=f"its {kind} contact was not readable in the run of the report")
        self.refuse(line, "found", "is not present, absent, unreadable or empty: export the report again")
        return None

    def build(self) -> InitReading:
        """Return the active accounts, each with a contact of each kind; none if no contact is known."""
        known = {kind for _, kind in self._found}
        accounts = [account for _, account in self._accounts.values()]
        active = [account for account in accounts if account.active and known]
        observed = []
        for account in active:
            contacts: dict[ContactKind, Observation] = {}
            for kind in list_kinds(known):
                missing = Unreadable(reason=f"the file has no {kind} contact of it, not even an empty one")
                contacts[kind] = self._found.get((account.id, kind), missing if kind in known else Absent())
            observed.append(ObservedAccount(account=account, contacts=contacts))
        inactive = len(accounts) - len(active)
        return InitReading(observed=observed, inactive=inactive, left_out=self._left_out)


@cache
def _read_path(ou: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a path as `Account.ou` writes it, and an id for the root and each OU."""
    found = (match.groups("") for match in _OU_NAME.finditer(ou))
    names = tuple(plain or quoted.replace('""', '"') for quoted, plain in found)
    return names, ("", *(name_ou("", names[:depth]) for depth in range(1, len(names) + 1)))
