"""What schemathesis is kept from, and who it is.

Loaded by schemathesis itself, through schemathesis.toml. It changes requests on their way out, so that what it does holds in every phase.
"""

import atexit
import collections
import json
import os
import zlib

import schemathesis

ADMIN = os.environ["TENANTRY_FUZZ_AUTHORIZATION"]
# What world.py made.
WORLD = json.loads(os.environ["TENANTRY_FUZZ_WORLD"])
ADMIN_ROLE = WORLD["adminRole"]
THROUGH_INSTANCE = ("/instances", "/instances/configuration", "/instances/configuration/{configuration}", "/instances/enabled")
ROLES = "/elements/api-v2/organizations/roles"
PLACES = {
    "account": WORLD["keptAccount"],
    "configuration": WORLD["configuration"],
    "element": "sfdc",
    "instance": WORLD["keptInstances"][0],
    "key": "admin",
    "organization": WORLD["organization"],
    "role": ADMIN_ROLE,
    "user": WORLD["keptUsers"][0],
}
REACHED = set()
# How often each operation was called.
CALLS = collections.Counter()


@schemathesis.auth(refresh_interval=None)
class Administrator:
    """Who calls, unless vary_headers says otherwise. A header of schemathesis.toml would be put over whatever that says."""

    def get(self, case, context):
        return ADMIN

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = data


@schemathesis.hook
def before_call(context, case, kwargs):
    CALLS[case.method, case.path] += 1
    lead_somewhere(case)
    pair_up(case)
    if case.method.upper() in ("DELETE", "PATCH", "PUT"):
        spare_own_role(case)
        spare_the_kept(case)
    keep_to_http(case)
    vary_headers(case)


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 200:
        REACHED.add(f"{case.method.upper()} {case.path}")


@atexit.register
def report():
    with open("reached.json", "w") as file:
        json.dump(sorted(REACHED), file)


def lead_somewhere(case):
    """Enumerated requests have one end of the range for every other parameter. Where that stands in a path, take something that is there."""
    for parameter, there in PLACES.items():
        if named(case, parameter) in ("0", str(-(2**63))):
            case.path_parameters[parameter] = there


def spare_own_role(case):
    """An administrator may take privileges from his own role. Then everything is 403, which tests nothing."""
    if not case.path.startswith(ROLES):
        return
    if named(case, "role") == str(ADMIN_ROLE):
        case.path_parameters["role"] = ADMIN_ROLE + 1
    if isinstance(case.body, list):
        case.body = [role for role in case.body if not is_own_role(role)]


def spare_the_kept(case):
    """Some account and some users stay as they are, or soon there is nothing left to find."""
    if named(case, "account") == str(WORLD["keptAccount"]):
        case.path_parameters["account"] = WORLD["keptAccount"] + 1
    if named(case, "user") in map(str, WORLD["keptUsers"]):
        case.path_parameters["user"] = max(WORLD["keptUsers"]) + 1
    if case.method.upper() == "DELETE" and named(case, "instance") in map(str, WORLD["keptInstances"]):
        case.path_parameters["instance"] = WORLD["keptInstances"][0] + 1


def pair_up(case):
    """Where a path names an account and a user, chance hardly ever finds a user of that account. Half of the requests get one."""
    user = WORLD["userOf"].get(named(case, "account"))
    if user is not None and named(case, "user") != "None" and chance(case) % 2 == 0:
        case.path_parameters["user"] = user
    # Nor an instance of that element, nor an entry of that instance's configuration.
    if named(case, "element") != "None" and named(case, "instance") != "None" and chance(case) % 2 == 0:
        case.path_parameters["element"] = "sfdc"
        case.path_parameters["instance"] = WORLD["keptInstances"][0]
    if named(case, "configuration") != "None" and chance(case) % 2 == 0:
        if through_instance(case):
            case.path_parameters["configuration"] = WORLD["calledConfiguration"]
        else:
            case.path_parameters["configuration"] = WORLD["configuration"]
            case.path_parameters["instance"] = WORLD["keptInstances"][0]


def named(case, parameter):
    return str((case.path_parameters or {}).get(parameter))


def is_own_role(role):
    return isinstance(role, dict) and (
        role.get("key") == "org-admin" or role.get("id") == ADMIN_ROLE
    )


def chance(case):
    """A number that depends on the request and on how often its operation was called, so that the same seed does the same."""
    request = f"{case.method} {case.path} {case.path_parameters} {case.query} {case.body} {CALLS[case.method, case.path]}"
    return zlib.crc32(request.encode("utf-8", "replace"))


def through_instance(case):
    """Whether the operation is about the instance whose token is presented, and not about instances in general."""
    path = case.path.removeprefix("/elements/api-v2")
    in_general = path == "/instances" and case.method.upper() in ("GET", "POST")
    return path in THROUGH_INSTANCE and not in_general


def keep_to_http(case):
    """A control character in a header is no HTTP: the parser refuses the message, with a bare 400, before it is a request."""
    for name, value in (case.headers or {}).items():
        if isinstance(value, str):
            case.headers[name] = "".join(c for c in value if c == "\t" or (c >= " " and c != "\x7f"))


def vary_headers(case):
    """What the document does not describe as a parameter, or what would otherwise decide about nearly every reply."""
    headers = case.headers
    if headers is None or headers.get("Authorization") != ADMIN:
        return  # A check takes the credentials away, or makes them wrong.
    number = chance(case)
    if through_instance(case):
        doomed = case.method.upper() == "DELETE" and case.path.endswith("/instances")
        headers["Authorization"] = WORLD["doomedAuthorization" if doomed else "calledAuthorization"]
        return
    # One of five comes from an account administrator, who may do less.
    if number % 5 == 0:
        headers["Authorization"] = WORLD["otherAuthorization"]
    # One of seven wants errors in the other form, few want what nobody can answer.
    if number % 7 == 0:
        headers["Accept"] = "application/json, application/problem+json"
    elif number % 101 == 0 and case.method.upper() == case.operation.method.upper():
        # Not where a check tries a method that the path does not have: whether 405 or 406 comes first is nobody's business.
        headers["Accept"] = "text/csv"
    # A wrong password is 401 whatever else there is, so most requests come without one.
    if number % 4 != 0:
        headers.pop("Elements-User-Password", None)
