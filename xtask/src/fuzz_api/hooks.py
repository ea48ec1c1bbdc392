"""What schemathesis is kept from, and who it is.

Loaded by schemathesis itself, through schemathesis.toml. It changes requests on their way out, so that what it does holds in every phase.
"""

import os
import zlib

import schemathesis

ADMIN = os.environ["TENANTRY_FUZZ_AUTHORIZATION"]
OTHER = os.environ["TENANTRY_FUZZ_OTHER_AUTHORIZATION"]
ADMIN_ROLE = int(os.environ["TENANTRY_FUZZ_ADMIN_ROLE"])
ROLES = "/elements/api-v2/organizations/roles"


@schemathesis.hook
def before_call(context, case, kwargs):
    spare_own_role(case)
    be_somebody_else(case)


def spare_own_role(case):
    """An administrator may take privileges from his own role. Then everything is 403, which tests nothing."""
    if case.method.upper() != "PUT" or not case.path.startswith(ROLES):
        return
    if str((case.path_parameters or {}).get("role")) == str(ADMIN_ROLE):
        case.path_parameters["role"] = ADMIN_ROLE + 1
    if isinstance(case.body, list):
        case.body = [role for role in case.body if not is_own_role(role)]


def is_own_role(role):
    return isinstance(role, dict) and (
        role.get("key") == "org-admin" or role.get("id") == ADMIN_ROLE
    )


def be_somebody_else(case):
    """One request of five comes from an account administrator, who may do less. Which ones depends on the request alone."""
    headers = case.headers
    if headers is None or headers.get("Authorization") != ADMIN:
        return  # A check takes the credentials away, or makes them wrong.
    request = f"{case.method} {case.path} {case.path_parameters} {case.query} {case.body}"
    if zlib.crc32(request.encode("utf-8", "replace")) % 5 == 0:
        headers["Authorization"] = OTHER
