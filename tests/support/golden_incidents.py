"""What several tests of one subject share: golden alerts."""

from dataclasses import replace

from rollcall.events.monitored import MONITORED_EVENTS, PART_EVENTS
from rollcall.events.signal import Cause
from rollcall.model.contact import ALTERNATE_KINDS, KEEP, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present, Unreadable
from rollcall.outcomes.documents import build_incident_document
from rollcall.outcomes.notices import build_notice_document
from rollcall.outcomes.verdicts import Verdict
from tests.functions.notice_samples import NOTICES
from tests.support.samples import (
    ACCOUNT,
    ACTOR,
    EVENT,
    INCIDENT,
    MANAGEMENT,
    NOW,
    OUTCOME,
    PRIMARY_FOUND,
    PRIMARY_WANTED,
    SIGNAL,
)

ROOT = replace(ACTOR, principal="arn:aws:iam::222222222222:root", kind="root user", role_arn=None, mfa=None)


WRITER = replace(
    ACTOR,
    principal="arn:aws:sts::333333333333:assumed-role/rollcall-reconcile/reconcile",
    account_id="333333333333",
    role_arn="arn:aws:iam::333333333333:role/rollcall-reconcile",
)


FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.14; rv:68.0) Gecko/20100101 Firefox/68.0, aws-internal/3"


TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.15.0 (+https://www.terraform.io) terraform-provider-aws/6.32.1 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.41.1 ua/2.1 os/macos"
)


NOBODY = {
    "kind": None,
    "found": None,
    "wanted": None,
    "intent_id": None,
    "request_id": None,
    "verified": None,
}


ALL_KINDS = tuple(replace(OUTCOME, kind=kind, found=Absent()) for kind in ALTERNATE_KINDS)
#: A new account has a primary contact at once, in its own name, which the roster keeps.
PRIMARY_HERE = replace(PRIMARY_WANTED, name="Payments")
PRIMARY_SET = replace(
    OUTCOME,
    kind=ContactKind.PRIMARY,
    found=Present(contact=replace(PRIMARY_FOUND, name="Payments")),
    wanted=Desired(contact=PRIMARY_HERE, source="contact headquarters (defaults)"),
)
#: A member gave its account another address and number.
PRIMARY_RESTORED = replace(
    PRIMARY_SET,
    found=Present(
        contact=replace(
            PRIMARY_HERE,
            address_line1=PRIMARY_FOUND.address_line1,
            city=PRIMARY_FOUND.city,
            phone=PRIMARY_FOUND.phone,
        )
    ),
)
NOT_READ = Desired(contact=replace(PRIMARY_WANTED, name=KEEP), source="contact headquarters (defaults)")


def of(verdict, reason="why it is so", **changes):
    return replace(OUTCOME, verdict=verdict, reason=reason, **({"verified": None} | changes))


def incident(cause, *outcomes, event=None, actor=ACTOR, opened=False, kind=SIGNAL.kind, **account):
    names = {Cause.CONTACT_DELETED: "DeleteAlternateContact", Cause.OU_CHANGED: "UpdateOrganizationalUnit"}
    reference = replace(EVENT, name=event or names.get(cause, EVENT.name))
    affected = account.get("id", SIGNAL.account_id)
    signal = replace(SIGNAL, account_id=affected, cause=cause, event=reference, actor=actor, kind=kind)
    return replace(
        INCIDENT,
        event=reference,
        signal=signal,
        account=replace(ACCOUNT, **account),
        outcomes=outcomes,
        opened=opened,
    )


EDITED, DELETED, MOVED = Cause.CONTACT_EDITED, Cause.CONTACT_DELETED, Cause.ACCOUNT_MOVED


BUSY = "the contact could not be read: TooManyRequestsException"


REFUSED = "the Account API answered ValidationException"


NO_WAY_IN = (
    "unreachable: the role arn:aws:iam::111111111111:role/rollcall-management-contacts cannot be assumed "
    "(AccessDenied); deploy RollcallManagement in the management account"
)


OU_BLOCKED = (
    "OU ou-a1b2-11111111 was Sandbox and has another name now: correct the override in "
    "the roster, or the name of the unit; accounts in ou-a1b2-11111111: 2"
)


STATELESS = (
    "contact headquarters (defaults): state_or_region is empty, which AWS asks for in US once it is filled "
    "in for this account"
)


PUT_PRIMARY = "PutContactInformation"


UNNAMED = "no contact of the roster carries the account's name"


BLOCKED = "no account carries the tag scope=pci any more, this was the last one"


UNNAMED_KIND = "the roster names no contact of this kind here"
DENIED = of(Verdict.DENIED, "AWS refused the call: AccessDenied", **NOBODY)


CALLERS = {"id": MANAGEMENT, "name": "Management", "ou_path": ()}


#: Of the many events about Rollcall itself one for each text.
ONE_OF_EACH = {name: name for service, name in MONITORED_EVENTS if (service, name) not in PART_EVENTS} | {
    (one.next_step, one.severity): name for (_, name), one in PART_EVENTS.items()
}
INCIDENTS = {
    "edited-restored": incident(EDITED, OUTCOME),
    "edited-drill": incident(
        EDITED, replace(OUTCOME, drill="arn:aws:sts::333333333333:assumed-role/rollcall-operator/ann")
    ),
    "edited-restored-not-shown-yet": incident(EDITED, replace(OUTCOME, verified=False)),
    "edited-undone": incident(
        EDITED,
        of(Verdict.UNDONE, "a write of ours 9 s after this change undid it, in incident RC-0a1b2c3d4e5f"),
    ),
    "edited-audit": incident(EDITED, of(Verdict.WOULD_SET, "audit mode")),
    "edited-waiting": incident(EDITED, of(Verdict.PENDING, BUSY, found=None, wanted=None)),
    "edited-failed": incident(EDITED, of(Verdict.FAILED, REFUSED)),
    "edited-unreadable": incident(
        EDITED, of(Verdict.UNREADABLE, REFUSED, found=Unreadable(reason=REFUSED), wanted=None)
    ),
    "edited-management": incident(
        EDITED, of(Verdict.UNREACHABLE, NO_WAY_IN, found=None, wanted=None), name="Management"
    ),
    "edited-blocked": incident(EDITED, of(Verdict.BLOCKED, BLOCKED, wanted=None)),
    "edited-exempt": incident(EDITED, of(Verdict.EXEMPT, "being divested", wanted=None)),
    "edited-denied": incident(EDITED, DENIED),
    "deleted-in-vain": incident(
        DELETED, of(Verdict.DENIED, "AWS refused the call: ResourceNotFoundException", **NOBODY)
    ),
    "edited-from-the-console": incident(
        EDITED, OUTCOME, actor=replace(ACTOR, user_agent=FIREFOX, console=True)
    ),
    "edited-by-terraform": incident(EDITED, OUTCOME, actor=replace(ACTOR, user_agent=TERRAFORM)),
    "edited-by-root": incident(EDITED, OUTCOME, actor=ROOT),
    "edited-by-authorised-changer": incident(EDITED, replace(OUTCOME, authorised=True)),
    "edited-by-our-own-role": incident(
        EDITED,
        of(Verdict.UNRECORDED_WRITE, "without a recorded intent", found=None, wanted=None),
        OUTCOME,
        actor=WRITER,
    ),
    "edited-although-absent": incident(
        EDITED, replace(OUTCOME, wanted=DesiredAbsent(source="absent (override of accounts 222222222222)"))
    ),
    "edited-right-by-now": incident(EDITED, of(Verdict.COMPLIANT, "found right by a sweep"), opened=True),
    "edited-not-managed-here": incident(EDITED, of(Verdict.UNMANAGED, UNNAMED_KIND, wanted=None)),
    "moved-not-pursued": incident(
        MOVED, of(Verdict.UNMANAGED, "the roster names no contact for this account", **NOBODY), opened=True
    ),
    "moved-inactive": incident(
        MOVED, of(Verdict.INACTIVE, "the account is SUSPENDED", **NOBODY), opened=True
    ),
    "edited-inactive": incident(EDITED, of(Verdict.INACTIVE, "the account is SUSPENDED", **NOBODY)),
    "edited-no-account": incident(
        EDITED, of(Verdict.NO_ACCOUNT, "the organization has no such account", **NOBODY)
    ),
    "edited-restored-later": incident(
        EDITED, of(Verdict.BACKED_OFF, "repeated edits: it is restored at 2026-10-05T09:35:00Z"), opened=True
    ),
    "deleted-changed-back": incident(
        DELETED,
        of(Verdict.CHANGED_BACK, "it is compliant again; also changed by: arn:aws:iam::222222222222:root"),
    ),
    "edited-set-by-others": incident(
        EDITED, of(Verdict.SET_BY_OTHERS, "the change set the contact of the roster")
    ),
    "edited-after-our-write": incident(
        EDITED,
        of(Verdict.OVERWRITTEN, "the contact is not as our write left it", found=None, wanted=None),
        OUTCOME,
        actor=WRITER,
    ),
    "edited-by-nobody-known": incident(
        EDITED,
        of(Verdict.UNEXPLAINED, "15 minutes later still no event says who", found=None, wanted=None),
        actor=WRITER,
    ),
    "renamed-denied": incident(Cause.ACCOUNT_RENAMED, DENIED, event="PutAccountName"),
    "moved-denied": incident(MOVED, DENIED, event="MoveAccount", **CALLERS),
    "tagged-denied": incident(Cause.ACCOUNT_TAGGED, DENIED, event="UntagResource"),
    "unit-denied": incident(Cause.OU_CHANGED, DENIED, **CALLERS),
    "monitored-denied": incident(
        Cause.MONITORED, DENIED, event="DeregisterDelegatedAdministrator", **CALLERS
    ),
    "renamed-told": incident(
        Cause.ACCOUNT_RENAMED, of(Verdict.NOTIFIED, UNNAMED, **NOBODY), event="PutAccountName"
    ),
    "renamed-set": incident(Cause.ACCOUNT_RENAMED, OUTCOME, event="PutAccountName"),
    "deleted-restored": incident(DELETED, replace(OUTCOME, found=Absent())),
    "created-set": incident(Cause.ACCOUNT_CREATED, *ALL_KINDS, event="CreateAccountResult"),
    "created-set-primary": incident(
        Cause.ACCOUNT_CREATED, *ALL_KINDS, PRIMARY_SET, event="CreateAccountResult"
    ),
    "primary-restored": incident(
        EDITED, replace(PRIMARY_RESTORED, kept=("name",)), event=PUT_PRIMARY, kind=ContactKind.PRIMARY
    ),
    "primary-replaced-by-root": incident(
        EDITED,
        replace(PRIMARY_SET, found=Present(contact=PRIMARY_FOUND)),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
        actor=ROOT,
    ),
    "primary-audit": incident(
        EDITED,
        replace(PRIMARY_RESTORED, verdict=Verdict.WOULD_SET, reason="audit mode", verified=None),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "primary-kept-edited": incident(
        EDITED,
        replace(
            PRIMARY_SET,
            verdict=Verdict.KEPT_EDITED,
            reason="the change may be in values that the roster keeps",
            found=Present(contact=PRIMARY_HERE),
            verified=None,
        ),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "primary-unreadable": incident(
        EDITED,
        replace(
            PRIMARY_SET,
            verdict=Verdict.UNREADABLE,
            reason=REFUSED,
            found=Unreadable(reason=REFUSED),
            wanted=NOT_READ,
            verified=None,
        ),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "primary-blocked": incident(
        EDITED,
        replace(
            PRIMARY_SET,
            verdict=Verdict.BLOCKED,
            reason=STATELESS,
            found=Present(contact=PRIMARY_FOUND),
            wanted=None,
            verified=None,
        ),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "primary-denied": incident(
        EDITED,
        replace(DENIED, kind=ContactKind.PRIMARY),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "primary-not-managed-here": incident(
        EDITED,
        replace(
            PRIMARY_SET,
            verdict=Verdict.NOTIFIED,
            reason=UNNAMED_KIND,
            found=Present(contact=PRIMARY_FOUND),
            wanted=None,
            intent_id=None,
            verified=None,
        ),
        event=PUT_PRIMARY,
        kind=ContactKind.PRIMARY,
    ),
    "joined-one-waits": incident(
        Cause.ACCOUNT_JOINED,
        ALL_KINDS[0],
        of(Verdict.PENDING, BUSY, found=None, wanted=None, kind=ContactKind.BILLING),
        event="AccountJoinedOrganization",
    ),
    "moved-audit": incident(MOVED, of(Verdict.WOULD_SET, "audit mode"), event="MoveAccount"),
    "moved-failed": incident(MOVED, of(Verdict.FAILED, REFUSED), ALL_KINDS[1], event="MoveAccount"),
    "tagged-held": incident(
        Cause.ACCOUNT_TAGGED, of(Verdict.BLOCKED, BLOCKED, wanted=None), event="UntagResource"
    ),
    # Only after a message of this incident was told as open, which the sweep itself never does.
    "swept-right-by-now": incident(
        Cause.SWEPT, of(Verdict.COMPLIANT, "found right by a sweep"), event="Sweep", opened=True
    ),
    "unit-set": incident(Cause.OU_CHANGED, OUTCOME),
    "unit-blocked": incident(Cause.OU_CHANGED, of(Verdict.BLOCKED, OU_BLOCKED, **NOBODY)),
    "unit-too-large": incident(
        Cause.OU_CHANGED, of(Verdict.NOTIFIED, "it has more than 10 accounts", **NOBODY)
    ),
} | {
    f"monitored-{name}": incident(
        Cause.MONITORED, of(Verdict.NOTIFIED, "Rollcall cannot undo this", **NOBODY), event=name
    )
    for name in ONE_OF_EACH.values()
}


DOCUMENTS = {
    name: build_incident_document(one, management_account=MANAGEMENT, at=NOW)
    for name, one in INCIDENTS.items()
} | {f"notice-{name}": build_notice_document(one, at=NOW) for name, one in NOTICES.items()}
