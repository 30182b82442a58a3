from stacks.settings import Settings
import yaml
def load(root, directory):
    s = yaml.safe_load((root/directory/"organization.yaml").read_text())
    r = yaml.safe_load((root/directory/"contacts.yaml").read_text())
    return Settings(organization=s["organization"], management=s["management"], hub=s["hub"], region=s.get("region","us-east-1"),
        alert_addresses=tuple(s["alerts"]["addresses"]), ledger_retention_days=s.get("ledger",{}).get("retention_days",365)), {
        "version":1,"mode":r["mode"],"contacts":r["contacts"],"defaults":{k.upper():v for k,v in r["defaults"].items()},
        "overrides":[{"ou":o["ou"],"kinds":{k.upper():v for k,v in o.items() if k!="ou"}} for o in r.get("overrides",[])],
        "exempt":{a:e["reason"] for e in r.get("exempt",[]) for a in e["accounts"]}}
