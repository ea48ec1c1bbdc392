"""Before and after schemathesis: `world.py prepare URL` makes something to find and prints, as JSON, what hooks.py has to know;
`world.py verify URL` fails if the administrator can no longer do everything, and names the operations that never succeeded.

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
    def account(key, **more):
        return call(base, "POST", "/accounts", {"externalId": key, **more})["id"]

    def user(account, *names, **more):
        return call(base, "POST", f"/accounts/{account}/users", person(*names, **more))

    shire = account("shire", name="Shire")
    # The password is among those of schemathesis.toml.
    frodo = user(
        shire, "Frodo", "Baggins", "frodo@shire.example", city="Hobbiton", password="Correct-horse-1"
    )
    merry = user(shire, "Merry", "Brandybuck", "merry@shire.example", roles=[{"key": "admin"}])
    user_of = {shire: frodo["id"]}
    for key in ["rohan", "gondor", "mordor"]:
        there = account(key)
        guard = user(there, "Guard", "One", f"one@{key}.example", roles=[{"key": "admin"}])
        user_of[there] = guard["id"]
        user(there, "Guard", "Two", f"two@{key}.example", active=False)
    call(base, "POST", "/organizations/users", person("Ada", "Admin", "ada@shire.example"))

    def instance(name, key):
        body = {
            "name": name,
            "element": {"key": key},
            "tags": ["ring"],
            "configuration": {"site.address": "https://shire.example", "password": "Correct-horse-1"},
        }
        return call(base, "POST", "/instances", body)

    kept, _, called, doomed = [
        instance(name, key)
        for name, key in [("kept", "sfdc"), ("spare", "box"), ("called", "sfdc"), ("doomed", "box")]
    ]

    organization = call(base, "GET", "/organizations/me")
    user_part = ADMIN.split(",")[0].strip()
    roles = call(base, "GET", "/organizations/roles")
    made = {
        "keptInstances": [kept["id"], called["id"]],
        "configuration": call(base, "GET", f"/instances/{kept['id']}/configuration")[0]["id"],
        "calledConfiguration": call(base, "GET", f"/instances/{called['id']}/configuration")[0]["id"],
        "calledAuthorization": f"{user_part}, Element {called['token']}",
        "doomedAuthorization": f"{user_part}, Element {doomed['token']}",
        "adminRole": next(role["id"] for role in roles if role["key"] == "org-admin"),
        "keptAccount": shire,
        "keptUsers": [frodo["id"], merry["id"]],
        "organization": organization["id"],
        "userOf": user_of,
        "otherAuthorization": f"User {merry['secret']}, Organization {organization['secret']}",
    }
    print(json.dumps(made))


def verify(base):
    """Each of these is refused to somebody who was deactivated or lost a privilege."""
    for path in ["/users?pageSize=1", "/accounts?pageSize=1", "/organizations/roles"]:
        call(base, "GET", path)
    name = call(base, "GET", "/organizations/me")["name"]
    call(base, "PUT", "/organizations/me", {"name": name})
    never = unreached(base)
    if never:
        print("never answered 200 in this run, so nothing was said about those replies: " + ", ".join(never))


def unreached(base):
    """The operations of the document that hooks.py, in the same directory, saw no success of."""
    with OPENER.open(f"{base}/openapi.json", timeout=30) as reply:
        paths = json.load(reply)["paths"]
    with open("reached.json") as file:
        reached = json.load(file)
    # Those that schemathesis.toml leaves out.
    left_out = ("/openapi.json", "/docs", "secret-reset")
    labels = [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method in item
        if not path.endswith(left_out)
    ]
    return sorted(set(labels) - set(reached))


if __name__ == "__main__":
    {"prepare": prepare, "verify": verify}[sys.argv[1]](sys.argv[2])
