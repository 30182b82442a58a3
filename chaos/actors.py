"""People at work in a story: they edit contacts, deploy, approve, pause, release and rename."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from chaos.fakes.account import FIELDS, PRIMARY, PRIMARY_FIELDS
from chaos.fakes.cloud import Call
from chaos.fakes.organizations import LEFT, ROOT, TAG, Member
from chaos.fakes.people import Identity
from chaos.faults import draw_number
from chaos.setting import UNIT, UNITS
from chaos.story import HUB, MANAGEMENT, RIGHT
from chaos.wants import compute_digest, describe_left, fill_kept, find_want

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.fakes.account import Values
    from chaos.story import Action
    from chaos.world import World


class Actors:
    """Everybody who does something in this world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def act(self, action: Action) -> None:
        """Do it now."""
        match action.do:
            case "edit":
                self._edit(action)
                return
            case "sweep":
                self._world.start_sweep("operator", f"operator-{action.name}")
            case "deploy":
                self._world.candidate = self._world.story.rosters[int(action.value or 0)]
                for poller in self._world.pollers.values():
                    poller.restart()
                self._world.start_sweep("roster", f"roster-{action.name}")
            case "approve":
                self.approve(action.name)
            case "pause" | "unpause" | "release" | "drill" | "rollback":
                self.command(action.name, {"operation": action.do, **self._describe_command(action)})
            case "rename":
                self._rename(action)
            case "unforward" | "forward" | "redrive":
                self._change_ways(action)
            case "create" | "move" | "tag" | "untag" | "close" | "leave" | "rejoin" | "call":
                self._change_account(action)
        self._world.people.append((action, None))
        self._world.note(f"an operator: {action.do}")

    def _change_ways(self, action: Action) -> None:
        """The forwarder of a member goes or comes back, or dead letters return to their queues."""
        match action.do:
            case "unforward":
                self._world.unforwarded.add(action.account)
            case "forward":
                self._world.unforwarded.discard(action.account)
            case _:
                counts = [queue.redrive() for queue in self._world.queues.values()]
                self._world.statistics["dead letters"] += sum(counts)

    def _describe_command(self, action: Action) -> dict[str, Any]:
        """What a command says beside its operation."""
        match action.do:
            case "rollback":
                return {"plan": compute_digest(self._world.story.rosters[int(action.value or 0)])}
            case "release":
                return {"account": action.account, "kind": action.kind}
            case "drill":
                return {
                    "account": action.account,
                    "principal": self._find_identity(action).arn,
                    "edits": describe_left(action.kind, self._find_values(action)),
                }
        # A pause has so many minutes; of an unpause they mean nothing.
        return {"reason": "drill", "minutes": action.value}

    def _edit(self, action: Action) -> None:
        identity, values = self._find_identity(action), self._find_values(action)
        account = self._world.cloud.account
        operation, given = _make_request(action.kind, values)
        if identity.account != action.account:
            given["AccountId"] = action.account
        call = Call(
            sent_at=self._world.scheduler.now,
            process=action.name,
            function="",
            identity=identity,
            service="account",
            operation=operation,
            given=given,
            request_id=self._world.cloud.make_request_id(),
            user_agent=identity.user_agent,
            answered=True,
        )
        self._world.cloud.calls.append(call)
        self._world.people.append((action, call))
        before = account.read(action.account, action.kind)
        try:
            self._world.cloud.answer(call)
        except Exception as error:  # noqa: BLE001  # a person reads it and goes on
            self._world.note(
                f"{action.name}: {action.who} {operation} {action.account} {action.kind}: {error}"
            )
        else:
            same = " (as it was)" if before == values else ""
            what = "deletes" if values is None else f"sets to {values[2]}{same}"
            self._world.note(f"{action.name}: {action.who} {what} {action.account} {action.kind}")

    def _find_values(self, action: Action) -> Values | None:
        """What an edit is to leave, None for a delete; who edits some parts reads the others first."""
        story, value = self._world.story, action.value
        values: Values | None = None
        if isinstance(value, int):
            values = (story.foreign_primary if action.kind == PRIMARY else story.foreign)[value]
        if value == RIGHT:
            member = self._world.cloud.organization.members[action.account]
            roster = self._find_roster()
            values = find_want(roster, member, action.kind).values
        found = self._world.cloud.account.read(action.account, action.kind)
        # Nothing is right where the roster names no primary contact: it stays as it is.
        return found if action.kind == PRIMARY and values is None else fill_kept(values, found)

    def _rename(self, action: Action) -> None:
        """The unit gets another name, or its first one back."""
        unit, world = str(action.value or UNIT), self._world
        name = action.name if world.cloud.organization.units[unit] == UNITS[unit] else UNITS[unit]
        world.cloud.organization.units[unit] = name
        world.renames.append((world.scheduler.now, unit, name))
        asked = {"organizationalUnitId": unit, "name": name}
        self._announce(action.name, "UpdateOrganizationalUnit", asked)

    def _change_account(self, action: Action) -> None:
        """An account is created or comes back, is moved, tagged or closed, or leaves."""
        world, id_ = self._world, action.account
        members, account = world.cloud.organization.members, world.cloud.account
        known = members.setdefault(id_, Member(id_, world.names[id_]))
        world.places.setdefault(id_, [(0.0, known)])
        # Tags may be left to the delegated administrator.
        by = Identity(HUB, "Admin", "admin-person", "198.51.100.8") if action.who == "dev" else None
        match action.do:
            case "create":
                account.add(id_, world.names[id_])
                account.denied_until[id_] = world.scheduler.now + float(action.value or 0)
                joined = _make_service_event(id_)
                created = {"createAccountStatus": {"accountId": id_, "state": "SUCCEEDED"}}
                self._announce(f"{action.name}.joined", "AccountJoinedOrganization", None, **joined)
                made = {**joined, "serviceEventDetails": created}
                self._announce(f"{action.name}.created", "CreateAccountResult", None, **made)
            case "move":
                source = known.units[-1] if known.units else ROOT
                members[id_] = replace(known, units=(str(action.value),))
                asked = {"sourceParentId": source, "destinationParentId": str(action.value)}
                self._announce(action.name, "MoveAccount", {"accountId": id_, **asked})
            case "tag":
                members[id_] = replace(known, tags=(TAG,))
                tags = [dict(zip(("key", "value"), TAG, strict=True))]
                self._announce(action.name, "TagResource", {"resourceId": id_, "tags": tags}, by)
            case "untag":
                members[id_] = replace(known, tags=())
                untagged = {"resourceId": id_, "tagKeys": [TAG[0]]}
                self._announce(action.name, "UntagResource", untagged, by)
            case "close":
                members[id_] = replace(known, state="PENDING_CLOSURE")
                self._announce(action.name, "CloseAccount", {"accountId": id_})
            case "leave" if action.value == "denied":
                caller = self._find_identity(action)
                self._announce(action.name, "LeaveOrganization", None, caller, errorCode="AccessDenied")
            case "leave":
                members[id_] = replace(known, state=LEFT)
                account.accounts.discard(id_)
                self._announce(action.name, "RemoveAccountFromOrganization", {"accountId": id_})
                left = f"{action.name}.left"
                self._announce(left, "AccountDepartedOrganization", None, **_make_service_event(id_))
            case "rejoin":
                account.accounts.add(id_)
                members[id_] = Member(id_, known.name)
                self._announce(action.name, "AccountJoinedOrganization", None, **_make_service_event(id_))
            case "call":
                self._call(action)
        world.places[id_].append((world.scheduler.now, members[id_]))

    def _call(self, action: Action) -> None:
        """The account gets another name, which AWS Organizations shows late; root's record hides it."""
        world, id_ = self._world, action.account
        members = world.cloud.organization.members
        name = f"{action.name} called"

        def show() -> None:
            members[id_] = replace(members[id_], name=name)
            world.places[id_].append((world.scheduler.now, members[id_]))

        world.scheduler.at(world.scheduler.now + float(action.value or 0), show)
        service, operation, asked = "account", "PutAccountName", {"accountName": name}
        if action.who == "root":
            service, operation, asked = "iam", "UpdateAccountName", {}
        self._announce(action.name, operation, asked or None, self._find_identity(action), service)

    def _announce(
        self,
        name: str,
        operation: str,
        asked: Mapping[str, Any] | None,
        identity: Identity | None = None,
        service: str = "organizations",
        **more: Any,
    ) -> None:
        """Organizations' event comes from the management account, if nobody else made the call."""
        identity = identity or Identity(MANAGEMENT, "Admin", "admin-person", "198.51.100.8")
        event = self._world.trail.build_record(
            service,
            operation,
            identity,
            asked,
            request_id=self._world.cloud.make_request_id(),
            **more,
        )
        if identity.account in self._world.unforwarded:
            return
        send = partial(self._world.queues["intake"].send, json.dumps(event), name)
        wait = 1 + 3 * draw_number(self._world.story.seed, "announced", name)
        self._world.scheduler.at(self._world.scheduler.now + wait, send)

    def _find_identity(self, action: Action) -> Identity:
        match action.who:
            case "root":
                return Identity(action.account, None, source_ip="198.51.100.7", user_agent="Mozilla/5.0")
            case "authorised":
                return Identity(
                    self._world.story.accounts[2][0], "Terraform", "ci", "198.51.100.9", "Terraform/1.9"
                )
            case "stranger":
                return Identity(self._world.story.accounts[3][0], "Dev", "stranger-person", "198.51.100.10")
            case "thief":
                return Identity(HUB, "rollcall-reconcile", "reconcile", "203.0.113.66", "Boto3/1.2")
        role = "Admin" if action.who == "admin" else "Dev"
        # Each person, person7, at an address of their own.
        address = (
            f"203.0.113.{action.who.removeprefix('person')}" if "person" in action.who else "198.51.100.8"
        )
        return Identity(action.account, role, f"{action.who}-person", address)

    def _find_roster(self) -> Mapping[str, Any]:
        """The roster that is approved now, else the one that is deployed."""
        approved = self._world.list_control()[-1].approved
        found = [roster for roster in self._world.story.rosters if compute_digest(roster) == approved]
        return found[0] if found else self._world.candidate

    def approve(self, name: str, plan: str | None = None) -> None:
        """Approve what an operator reads in the latest alert about a plan that waits, or about this plan."""
        for item in reversed(self._world.published):
            facts = item.document.get("facts", {})
            if item.document.get("notice") == "sweep-held" and plan in (None, facts["plan"]):
                self.command(name, {"operation": "approve", "plan": facts["plan"]})
                return

    def command(self, name: str, asked: Mapping[str, Any]) -> None:
        """Have the functions carry out an operator's command."""
        now = datetime.fromtimestamp(self._world.scheduler.now, UTC)
        date = now.strftime("%Y%m%dT%H%M%SZ")
        execution = f"command-{name}"
        proof = {
            "credential": f"ASIAEXAMPLEEXAMPLE12/{date[:8]}/us-east-1/sts/aws4_request",
            "date": date,
            "token": "token",
            "signature": "0" * 64,
        }
        arn = f"arn:aws:states:us-east-1:{HUB}:execution:Control:{execution}"
        event = {"reason": "drill", **asked, "proof": proof, "execution": arn, "started": now.isoformat()}
        self._world.do_calmly(execution, lambda: self._world.machines.command(event, execution))


def _make_service_event(account: str) -> dict[str, Any]:
    """What marks a record that AWS Organizations writes by itself about an account."""
    return {"serviceEventDetails": {"accountId": account}, "eventType": "AwsServiceEvent"}


def _make_request(kind: str, values: Values | None) -> tuple[str, dict[str, Any]]:
    """The operation that leaves these values, and what it is given beside the account."""
    if kind == PRIMARY:
        members = {name: value for name, value in zip(PRIMARY_FIELDS, values or (), strict=True) if value}
        return "PutContactInformation", {"ContactInformation": members}
    if values is None:
        return "DeleteAlternateContact", {"AlternateContactType": kind}
    return "PutAlternateContact", {"AlternateContactType": kind, **dict(zip(FIELDS, values, strict=True))}
