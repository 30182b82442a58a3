"""What several tests of one subject share: recovery."""

from __future__ import annotations

#: Every step of one restore after which the process can be killed, with the most alerts that may come of it.
STEPS = {
    "get_alternate_contact.after": 1,
    "state.load": 1,
    "state.save": 1,
    "state.save.after": 1,
    "state.open_intent": 1,
    "state.open_intent.after": 1,
    "ledger.record_intent": 1,
    "ledger.record_intent.after": 1,
    "put_alternate_contact.after": 1,
    "ledger.record_outcome": 1,
    "ledger.record_outcome.after": 1,
    "state.load_incident": 1,
    "bus.publish": 1,
    "topic.publish": 1,
    "topic.publish.after": 2,
    "alerted.sent": 2,
    "bus.publish.after": 1,
    "state.close_intent": 1,
    "state.close_intent.after": 1,
}
