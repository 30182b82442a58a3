"""What several tests of one subject share: memories."""

from rollcall.model.roster import compute_digest
from rollcall.sweep.run import PlanReference, Run, Step, Trigger
from tests.support.samples import NOW, ROSTER

DOCUMENTS = (ROSTER, ROSTER | {"mode": "audit"})


DIGESTS = tuple(map(compute_digest, DOCUMENTS))


def run_of(execution, cursor, plan):
    return Run(
        id=f"run of {execution}",
        execution=execution,
        trigger=Trigger.SCHEDULE,
        by=None,
        started_at=NOW,
        next=Step.OBSERVE,
        roster=DIGESTS[0],
        approved=None,
        data=f"run of {execution}",
        cursor=cursor,
        rates={"GetAlternateContact": 9.7},
        plan=PlanReference(digest=plan, roster=DIGESTS[0], changes=3, parts=1) if plan else None,
    )
