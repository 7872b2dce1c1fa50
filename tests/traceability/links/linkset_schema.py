"""GS1's JSON schema of linksets, checked by a validator that is not ours."""

import json
from pathlib import Path

from jsonschema_rs import Draft7Validator

_FILE = Path(__file__).parents[2] / "vectors" / "gs1" / "linkset-schema.json"
LINKSET_SCHEMA = Draft7Validator(json.loads(_FILE.read_text("utf-8")))
