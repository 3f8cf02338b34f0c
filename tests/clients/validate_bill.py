"""Whether the document on standard input is a CycloneDX 1.6 bill of materials; with what is wrong with it otherwise."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
print("valid" if problem is None else f"invalid: {problem}")
