"""Virtual time: one task at a time, killed ones never go on, and the same order at each run."""

from __future__ import annotations

from chaos.scheduler import START, Process, Scheduler


def test_tasks_run_in_the_order_of_their_moments() -> None:
    scheduler, seen = Scheduler(), []

    def work(name: str, seconds: float) -> None:
        for _ in range(2):
            scheduler.sleep(seconds)
            seen.append((name, scheduler.now - START))

    for name, seconds in (("slow", 3), ("quick", 2)):
        scheduler.spawn(Process(name), lambda name=name, seconds=seconds: work(name, seconds))  # type: ignore[misc]
    scheduler.run(START + 100)
    assert seen == [("quick", 2), ("slow", 3), ("quick", 4), ("slow", 6)]
    assert scheduler.now == START + 100


def test_a_killed_process_does_nothing_more_whatever_it_catches() -> None:
    scheduler, seen = Scheduler(), []
    process = Process("stubborn")

    def work() -> None:
        try:
            scheduler.sleep(5)
        except BaseException:  # noqa: BLE001  # as a pool of threads does
            seen.append("caught")
            scheduler.sleep(1)
        seen.append("went on")

    tasks = [scheduler.spawn(process, work) for _ in range(2)]
    scheduler.at(START + 2, lambda: scheduler.kill(process))
    scheduler.run(START + 100)
    assert seen == ["caught", "caught"]
    assert all(task.done for task in tasks)


def test_a_task_that_ends_its_own_process_ends_the_other_tasks_too() -> None:
    scheduler, seen = Scheduler(), []
    process = Process("own")

    def wait() -> None:
        scheduler.sleep(5)
        seen.append("waited")

    def end() -> None:
        scheduler.sleep(1)
        scheduler.kill(process)
        seen.append("went on")

    scheduler.spawn(process, wait)
    scheduler.spawn(process, end)
    scheduler.run(START + 100)
    assert seen == []


def test_a_task_waits_for_another() -> None:
    scheduler, seen = Scheduler(), []
    process = Process("parent")

    def parent() -> None:
        child = scheduler.spawn(process, lambda: scheduler.sleep(7))
        scheduler.join(child)
        seen.append(scheduler.now - START)

    scheduler.spawn(process, parent)
    scheduler.run(START + 100)
    assert seen == [7]
