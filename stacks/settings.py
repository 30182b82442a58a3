from dataclasses import dataclass
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    organization: str
    management: str
    hub: str
    region: str
    alert_addresses: tuple[str, ...]
    ledger_retention_days: int
