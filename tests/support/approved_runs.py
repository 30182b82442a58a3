"""What several tests of one subject share: sweep approved."""

from __future__ import annotations

from typing import TYPE_CHECKING



MEMBERS = [f"7{number:011}" for number in range(40)]
