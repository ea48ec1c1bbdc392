"""Before and after schemathesis: `world.py prepare URL` makes something to find and prints, as JSON, what hooks.py has to know;
`world.py verify URL` fails if the administrator can no longer do everything.

Credentials come in TENANTRY_FUZZ_AUTHORIZATION. Needs nothing but the standard library.
"""

import json
import os
import sys
import urllib.request

ADMIN = os.environ["TENANTRY_FUZZ_AUTHORIZATION"]
# Whatever proxy the machine has: the server is here.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(base, method, path, body=None):
    request = urllib.request.Request(
        f"{base}/elements/api-v2{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": ADMIN, "Content-Type": "application/json"},
    )
    with OPENER.open(request, timeout=30) as reply:
        return json.load(reply)


def person(first_name, last_name, email, **more):
    return {"firstName": first_name, "lastName": last_name, "email": email, **more}


def prepare(base):
    shire = call(base, "POST", "/accounts", {"externalId": "shire", "name": "Shire"})
    call(base, "POST", "/accounts", {"externalId": "mordor"})
    users = f"/accounts/{shire['id']}/users"
    call(base, "POST", users, person("Frodo", "Baggins", "frodo@shire.example", city="Hobbiton"))
    call(base, "POST", users, person("Sam", "Gamgee", "sam@shire.example", active=False))
    call(base, "POST", "/organizations/users", person("Ada", "Admin", "ada@shire.example"))
    merry = person("Merry", "Brandybuck", "merry@shire.example", roles=[{"key": "admin"}])
    merry = call(base, "POST", users, merry)
    organization = call(base, "GET", "/organizations/me")
    roles = call(base, "GET", "/organizations/roles")
    print(
        json.dumps(
            {
                "adminRole": next(role["id"] for role in roles if role["key"] == "org-admin"),
                "otherAuthorization": f"User {merry['secret']}, Organization {organization['secret']}",
            }
        )
    )


def verify(base):
    """Each of these is refused to somebody who was deactivated or lost a privilege."""
    for path in ["/users?pageSize=1", "/accounts?pageSize=1", "/organizations/roles"]:
        call(base, "GET", path)
    name = call(base, "GET", "/organizations/me")["name"]
    call(base, "PUT", "/organizations/me", {"name": name})


if __name__ == "__main__":
    {"prepare": prepare, "verify": verify}[sys.argv[1]](sys.argv[2])
