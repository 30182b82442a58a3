"""What others do in the same organizations: their published loops, written afresh, beside Rollcall's sweep.

Read at the commits below. Where a peer can leave out or single out what must differ, it does: SRA and
contact-sync leave those accounts out, awsnolan runs once for each set of contacts, Terraform has a resource
for each. In their favour nothing is counted for starting a process, and answers come as fast as ours.

* AWS SRA `account_alternate_contacts` (7803ea4e): a schedule of seven days lists accounts with a pause of
  0.2 s for each and one more for its tags, then one Lambda for each account assumes a role in it and puts
  blindly, on that account's quota, with the same pause and ten retries. Its time-out of 900 s, all of which
  it spends on listing from 1,700 accounts on, is not modelled.
* aws-contact-sync (626e15fc): an edit of the management account's contact starts one Lambda for each account,
  which compares and puts from one caller, without a pace: botocore's five attempts, tried three times, in
  three rounds. What cannot be read is written.
* aws-organizations-alternate-contact-manager of awsnolan (4c64c66a): ten threads compare and put, with
  botocore's adaptive retries.
* terraform-provider-aws `aws_account_alternate_contact`: a plan reads each, ten at once, with 25 retries;
  apply puts what differs and reads it twice.
* The script of AWS's launch blog: each account in turn, a put and a pause of 0.2 s.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import partial
from statistics import mean
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from bench.peer_world import (
    USUAL,
    AdaptiveRetries,
    Pass,
    PeerWorld,
    Size,
    count_damage,
    get_wanted,
    make_organization,
    snapshot,
)
from bench.rows import make_row
from bench.sweep import THROTTLED
from bench.world import BenchWorld
from tests.support.world import EXEMPT, KINDS, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.peer_world import Call

_PAUSE_SECONDS: Final = 0.2
#: Functions that run at once in an account: the default of its quota.
_LAMBDAS: Final = 1_000
#: Lambda's waits before it tries an asynchronous invocation again.
_LAMBDA_RETRIES: Final = (60.0, 120.0)
#: From one asynchronous invocation to the next, by one loop. Assumed.
_INVOKE_SECONDS: Final = 0.03
#: Assumed for Rollcall: seconds until CloudTrail and EventBridge have brought the event of an edit.
_EVENT_SECONDS: Final = 300.0
_TAMPERED: Final = 20


def measure(size: Size = USUAL, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of Rollcall against the best of these peers, by default all; their figures are in the first."""
    ours, peers = run_rollcall(size), [run_peer(name, size) for name in names or PEERS]
    complete = [one for one in peers if one.complete]
    rows = [
        make_row("peer_seconds_over_fastest", ours.seconds / min(one.seconds for one in complete)),
        make_row("peer_calls_over_fewest", ours.calls / min(one.calls for one in complete)),
        make_row("peer_refused_share", ours.refused / ours.calls),
        make_row("peer_wrongly_overwritten", ours.wrongly_overwritten),
        make_row("peer_left_wrong", ours.left_wrong),
        make_row("peer_hours_until_right", float("inf") if ours.hours is None else ours.hours),
    ]
    rows[0]["passes"] = [asdict(one) for one in (ours, *peers)]
    return rows


def run_rollcall(size: Size = USUAL) -> Pass:
    """One sweep by schedule, then edits that their events bring."""
    world = BenchWorld(size.accounts, make=partial(make_organization, size=size))
    before, start = snapshot(world.organization), world.seconds()
    ended = []

    def sweep() -> None:
        world.execution("schedule").run()
        ended.append(world.seconds())

    world.work(sweep)
    calls = world.cloud.calls.copy()
    overwritten, left = count_damage(before, world.organization)
    chosen = world.random.sample(world.members(), _TAMPERED)

    def tamper() -> None:
        for account_id in chosen:
            world.clock.sleep(60)
            world.tamper(account_id, KINDS[0])

    world.work(tamper)
    keys = [(account_id, KINDS[0]) for account_id in chosen]
    waits = [world.restored.get(key, float("inf")) - world.delivered[key] for key in keys]
    return Pass(
        name="rollcall",
        seconds=ended[0] - start,
        calls=calls.total(),
        refused=sum(count for (_, _, code), count in calls.items() if code == THROTTLED),
        wrongly_overwritten=overwritten,
        left_wrong=left,
        given_up=0,
        hours=round((_EVENT_SECONDS + mean(waits)) / 3600, 3),
    )


def run_peer(name: str, size: Size = USUAL) -> Pass:
    """One pass of this peer."""
    world = PeerWorld(size)
    start = world.clock.now()
    loop, hours = PEERS[name]
    loop(world)
    calls = world.cloud.calls
    overwritten, left = count_damage(world.before, world.organization)
    return Pass(
        name=name,
        seconds=(world.clock.now() - start).total_seconds(),
        calls=calls.total() + world.others,
        refused=sum(count for (_, _, code), count in calls.items() if code == THROTTLED),
        wrongly_overwritten=overwritten,
        left_wrong=left,
        given_up=world.given_up,
        hours=hours,
    )


def _run_sra(world: PeerWorld) -> None:
    retry = partial(world.retry, attempts=11)
    reader, excluded = world.client("organizations"), world.different
    chosen = []
    for account_id in world.list_accounts(retry):
        world.clock.sleep(_PAUSE_SECONDS)
        retry(partial(reader.list_tags_for_resource, ResourceId=account_id))
        world.clock.sleep(_PAUSE_SECONDS)
        if account_id not in excluded:
            chosen.append(account_id)

    def put_all(account_id: str) -> None:
        retry(partial(world.client("organizations").describe_account, AccountId=account_id))
        world.call_other(2)  # GetCallerIdentity and AssumeRole
        client = world.client("account", account_id)
        for kind in KINDS:
            retry(partial(client.put_alternate_contact, AlternateContactType=kind, **get_wanted(kind)))
            world.clock.sleep(_PAUSE_SECONDS)

    world.call_other(len(chosen) // 10 + 1)  # batches of SNS
    world.map_each(_LAMBDAS, partial(_invoke, world, put_all), chosen)


def _invoke(world: PeerWorld, work: Callable[[str], None], account_id: str) -> None:
    """Lambda's asynchronous invocation: a function that fails is tried again twice."""
    for wait in (*_LAMBDA_RETRIES, None):
        try:
            return work(account_id)
        except ClientError:
            if wait is None:
                world.given_up += 1
            else:
                world.clock.sleep(wait)
    return None


def _run_contact_sync(world: PeerWorld) -> None:
    # The management account's three contacts are edited one after the other.
    for kind in KINDS:
        every = world.list_accounts(partial(world.retry, attempts=5))
        chosen = [account_id for account_id in every if account_id not in world.different]

        def invoke(number: int, chosen: list[str] = chosen, kind: str = kind) -> None:
            world.clock.sleep(number * _INVOKE_SECONDS)
            _sync(world, chosen[number], kind)

        world.others += len(chosen)
        world.map_each(_LAMBDAS, invoke, range(len(chosen)))


def _sync(world: PeerWorld, account_id: str, kind: str) -> None:
    """Three rounds of compare and put."""
    where = {"AccountId": account_id, "AlternateContactType": kind}
    client, wanted = world.client("account"), get_wanted(kind)

    def recover(call: Call) -> Any:
        """Three tries of botocore's five attempts, after about two and four seconds."""
        return world.retry(
            partial(world.retry, call, attempts=5), attempts=3, first=2.2, least=1.8, longest=60
        )

    for wait in (2.0, 4.0, None):
        with suppress(ClientError):  # what cannot be read is written
            if _values(recover(partial(client.get_alternate_contact, **where))) == wanted:
                return
        try:
            recover(partial(client.put_alternate_contact, **where, **wanted))
        except ClientError:
            if wait is not None:
                world.clock.sleep(wait)
        else:
            return
    world.given_up += 1


def _run_awsnolan(world: PeerWorld) -> None:
    retry = AdaptiveRetries(world, attempts=9)
    client, different = world.client("account"), world.different
    every = list(world.list_accounts(AdaptiveRetries(world, attempts=9)))

    def update(task: tuple[str, str]) -> None:
        account_id, kind = task
        where = {"AccountId": account_id, "AlternateContactType": kind}
        wanted = _find_wanted(world, account_id, kind)
        found = world.try_call(partial(retry, partial(client.get_alternate_contact, **where)))
        if found is not None and _values(found) != wanted:
            world.try_call(partial(retry, partial(client.put_alternate_contact, **where, **wanted)))

    # One run for each set of contacts: for most accounts, and for the OU that differs.
    for chosen in (
        [one for one in every if one not in different],
        [one for one in every if one in different],
    ):
        tasks = [(account_id, kind) for account_id in chosen if account_id != EXEMPT for kind in KINDS]
        world.map_each(10, update, tasks)


def _run_terraform(world: PeerWorld) -> None:
    client = world.client("account")
    # 25 retries of AWS's SDK for Go, version 1, as the provider asks for: half to one second, doubled.
    retry = partial(world.retry, attempts=26, first=1.0, least=0.5, longest=300)
    differ: list[tuple[str, str]] = []
    tasks = [key for key in world.before if key[0] not in (EXEMPT, MANAGEMENT)]

    def read(task: tuple[str, str]) -> bool:
        account_id, kind = task
        get = partial(client.get_alternate_contact, AccountId=account_id, AlternateContactType=kind)
        found = retry(get)
        return _values(found) == _find_wanted(world, account_id, kind)

    def plan(task: tuple[str, str]) -> None:
        if not read(task):
            differ.append(task)

    def apply(task: tuple[str, str]) -> None:
        account_id, kind = task
        wanted = _find_wanted(world, account_id, kind)
        retry(
            partial(client.put_alternate_contact, AccountId=account_id, AlternateContactType=kind, **wanted)
        )
        read(task)
        read(task)

    world.map_each(10, plan, tasks)
    world.map_each(10, apply, differ)


def _run_blog_script(world: PeerWorld) -> None:
    client, retry = world.client("account"), partial(world.retry, attempts=3)
    for account_id in world.list_accounts(retry):
        for kind in KINDS:
            where = {"AccountId": account_id, "AlternateContactType": kind}
            world.try_call(partial(retry, partial(client.put_alternate_contact, **where, **get_wanted(kind))))
            world.clock.sleep(_PAUSE_SECONDS)


def _find_wanted(world: PeerWorld, account_id: str, kind: str) -> Mapping[str, str]:
    """What this account is to have, for peers that can single it out."""
    differs = kind == "SECURITY" and account_id in world.different
    return get_wanted(kind, differs=differs)


def _values(answer: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: answer["AlternateContact"][name] for name in ("Name", "Title", "EmailAddress", "PhoneNumber")
    }


#: Loop and mean hours by name: SRA's schedule is seven days.
PEERS: Final[dict[str, tuple[Callable[[PeerWorld], None], float | None]]] = {
    "sra": (_run_sra, 7 * 24 / 2),
    "contact_sync": (_run_contact_sync, None),
    "awsnolan": (_run_awsnolan, None),
    "terraform": (_run_terraform, None),
    "blog_script": (_run_blog_script, None),
}
