"""Checks the JSON Schema that its argument names, and then a list of bodies against it."""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for body in json.load(sys.stdin):
    print("valid" if validator.is_valid(body) else "invalid")
