"""Composition that functions share: the writer, the outcome bus and the candidate roster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import AllAccounts, ManagementAccount, OneModeAccountApi, name_writes
from rollcall.adapters.bus_and_queue import EventBridgeOutcomeBus
from rollcall.adapters.clients import NO_RETRIES, LateClient, make_client
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.system import SystemClock
from rollcall.model.display import Masks
from rollcall.write.apply_change import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.adapters.ledger import LedgerBucket
    from rollcall.runtime.environment import (
        ApplyEnvironment,
        ControlEnvironment,
        ReconcileEnvironment,
        SweepEnvironment,
    )
    from rollcall.timing import Pace

_CANDIDATE = Path(__file__).resolve().parents[2] / "candidate.json"


def load_candidate() -> dict[str, Any]:
    """The roster that was deployed with this code, as synth compiled it."""
    document: dict[str, Any] = json.loads(_CANDIDATE.read_text(encoding="utf-8"))
    return document


def make_outcome_bus(
    environment: ReconcileEnvironment | SweepEnvironment | ApplyEnvironment | ControlEnvironment,
    masks: Masks = Masks.FOREIGN,
) -> EventBridgeOutcomeBus:
    """The bus on which outcomes and notices are published; `masks` is what alerts mask."""
    return EventBridgeOutcomeBus(
        client=make_client("events"),
        bus=environment.outcome_bus,
        management_account=environment.management_account,
        masks=masks,
    )


def make_writer(table: Mapping[str, Any], accounts: AllAccounts, ledger: LedgerBucket) -> Writer:
    """Compose what writing a contact touches; `table` is the state table with its client."""
    return Writer(
        accounts=accounts,
        contacts=ContactItems(**table),
        ledger=ledger,
        clock=SystemClock(),
    )


def make_account_api(
    environment: ReconcileEnvironment | ApplyEnvironment,
    *,
    members: Mapping[str, Pace],
    management: Mapping[str, Pace],
) -> AllAccounts:
    """The contacts of all accounts, as the writer role; the management account has a quota of its own."""
    clock = SystemClock()
    return AllAccounts(
        management_account=environment.management_account,
        members=OneModeAccountApi(
            client=name_writes(make_client("account", NO_RETRIES)), clock=clock, buckets=members
        ),
        management=ManagementAccount(
            sts=LateClient("sts"),
            role_arn=None if environment.management_role_arn == "none" else environment.management_role_arn,
            account_client=_make_account_client,
            clock=clock,
            buckets=management,
        ),
    )


def _make_account_client(credentials: Mapping[str, str]) -> Any:
    client = make_client(
        "account",
        NO_RETRIES,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    return name_writes(client)
