"""Checks the JSON schema that its argument names, and then a list of settings files against it."""

import json
import sys
import tomllib

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for text in json.load(sys.stdin):
    found = next(validator.iter_errors(tomllib.loads(text)), None)
    print("valid" if found is None else f"invalid: {found.json_path}")
