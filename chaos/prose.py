"""A story in prose: what it is, what happened when, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.story import HUB, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.oracle import Violation
    from chaos.story import Story
    from chaos.world import World


def describe_story(world: World, violations: Sequence[Violation]) -> str:
    """The story from its beginning to its end."""
    lines = [(time, text) for time, text in world.timeline]
    lines += [(fired.time, f"FAULT at {fired.site}: {fired.kind}") for fired in world.faults.fired]
    lines += [
        (text.made_at - world.scheduler.now + world.now, f"SENT {text.given.get('Subject', '')}")
        for text in world.cloud.texts
        if text.made_at is not None
    ]
    lines += [(violation.time, f"VIOLATION {violation.name}: {violation.text}") for violation in violations]
    lines_of_time = [f"{time:11.2f} s  {text}" for time, text in sorted(lines, key=lambda line: line[0])]
    return "\n".join([*_introduce(world.story), *lines_of_time])


def _introduce(story: Story) -> Iterator[str]:
    yield (
        f"Story {story.seed} ({story.profile}): {len(story.accounts)} accounts, {story.workers} workers, "
        f"batches of {story.batch}, clocks off by up to {story.skew:g} s, pace {story.pace:g}"
    )
    events = story.events
    yield (
        f"Events: {events.lost:.0%} lost, {events.late:.0%} late by up to {events.longest:g} s, "
        f"{events.doubled:.0%} doubled, {events.double:.0%} of messages delivered twice"
    )
    names = {MANAGEMENT: " (management)", HUB: " (hub)"}
    for account, name in story.accounts:
        yield f"  {account} {name}{names.get(account, '')}"
    for number, roster in enumerate(story.rosters):
        yield f"Roster {number}: {roster}"
    for account, role in story.roles.items():
        yield f"The role in {account} {role.trouble} from {role.until:.0f} s on"
    for outage in story.faults.outages:
        share = f"{outage.share:.0%} of all calls"
        yield f"Outage of {outage.service} from {outage.start:.0f} s to {outage.end:.0f} s, {share}"
