"""What a drill changes, and what it has to know to undo it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.model.codec import Serializable
from rollcall.model.contact import ALTERNATE_KINDS, Contact, ContactKind
from rollcall.model.desired import Absent, Desired, Present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.model.desired import DesiredOrConflict

_MAILBOX: Final = "rollcall-drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillEdit:
    """One edit; `contact` is what is put, None for a delete."""

    kind: ContactKind
    contact: Contact | None

    @property
    def left(self) -> Present | Absent:
        """What is there afterwards."""
        return Absent() if self.contact is None else Present(contact=self.contact)

    @property
    def change(self) -> str:
        """`edited` or `deleted`."""
        return "deleted" if self.contact is None else "edited"

    def __str__(self) -> str:
        """As a drill is registered: the kind, and the fingerprint of what is left."""
        return f"{self.kind}:{compute_fingerprint(self.left)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals(Serializable):
    """The contacts before a drill, and what it was to leave: nothing else is undone."""

    account_id: str
    central: bool
    contacts: Mapping[ContactKind, Present | Absent]
    edits: tuple[str, ...]


def choose_edits(desired: Mapping[ContactKind, DesiredOrConflict], token: str) -> list[list[DrillEdit]]:
    """One edit and one delete, in rounds: the next one begins when all of the one before is restored.

    `token` makes the values unlike those of any other drill. Empty if the roster names no alternate contact
    there: no drill edits a primary contact, the account's legal address.
    """
    known = {kind: desired.get(kind) for kind in ALTERNATE_KINDS}
    wanted = {kind: item.contact for kind, item in sorted(known.items()) if isinstance(item, Desired)}
    if not wanted:
        return []
    # The security contact is edited, and the one whose absence does least harm deleted.
    edited = max(wanted)
    deleted = next((kind for kind in (ContactKind.BILLING, ContactKind.OPERATIONS) if kind in wanted), edited)
    edits = [
        DrillEdit(kind=edited, contact=make_values(wanted[edited], token)),
        DrillEdit(kind=deleted, contact=None),
    ]
    return [edits] if edited != deleted else [[edit] for edit in edits]


def make_values(contact: Contact, token: str) -> Contact:
    """Values that reach nobody, at the roster's own mail domain."""
    domain = contact.email.strip().rpartition("@")[2]
    return Contact(
        name=f"Rollcall drill {token}", title="Drill", email=f"{_MAILBOX}@{domain}", phone=contact.phone
    )


def is_left(found: object, kind: ContactKind, edits: Sequence[str]) -> bool:
    """Whether a contact is what a drill left: only then is it restored."""
    known = found if isinstance(found, Present | Absent) else None
    return f"{kind}:{compute_fingerprint(known)}" in edits
