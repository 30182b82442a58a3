"""What several tests of one subject share: rendering properties."""

import json

from rollcall.notify.block_kit import render_block_kit
from rollcall.notify.topics import SUBJECT_LENGTH, render_chat, render_plain_text
from tests.functions.block_kit_rules import assert_block_kit, assert_notification
from tests.support.samples import (
    alert_leaks,
)

KEY, TOKEN = "AKIAIOSFODNN7EXAMPLE", "xoxb-12345-SECRET"


def assert_sound(one):
    alert = render_plain_text(one)
    assert 1 <= len(alert.subject) <= SUBJECT_LENGTH
    assert all(" " <= character <= "~" for character in alert.subject)
    assert all(line.isprintable() for line in alert.text.split("\n"))
    assert len(alert.text.encode()) < 200_000  # SNS takes 256 KiB with the attributes
    notification = render_chat(one)
    assert_notification(notification)
    shown = [alert.subject, alert.text, json.dumps(notification, ensure_ascii=False)]
    for quotes in (True, False):
        payload = render_block_kit(one, quotes=quotes)
        assert_block_kit(payload)
        shown.append(json.dumps(payload, ensure_ascii=False))
    for text in shown:
        assert alert_leaks(text) == []
        assert not [secret for secret in (KEY, TOKEN, "SECRET") if secret in text]
