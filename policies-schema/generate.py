#!/usr/bin/env python3
"""Writes graph-types.json and graph-collections.json: what the sandbox knows of Microsoft Graph.

Run:  python3 policies-schema/generate.py [FACTS_DIR]

FACTS_DIR, policies-schema/facts where none is given, holds the facts gathered about Graph's beta version
(docs/graph/README.md says where each comes from):
  intune-types.json                      types, properties, enums
  entity-sets.json                       paths, methods, actions, functions, permissions
  beta-{entity,complex,enum}-types.json  names only, of all of beta

Nothing needs this script to build or to test: its two results are kept in the repository, sorted and one
entry to a line, so that a new set of facts shows as a readable diff. Facts only: names, shapes, flags.

What the fact files say in prose but not in their tables is below, each with its source.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Methods that the OpenAPI description lacks.
EXTRA_METHODS = {
    # quirks.md 1: an update of a settings catalog policy is a PUT of the whole policy.
    "deviceManagement/configurationPolicies": ["put"],
    # quirks.md 29: compliance by settings takes PUT in the same way.
    "deviceManagement/compliancePolicies": ["put"],
    # Documentation of deviceregistrationpolicy-update, 2026-03.
    "policies/deviceRegistrationPolicy": ["put"],
}

# Permissions that it lacks with them.
EXTRA_PERMISSIONS = {"policies/deviceRegistrationPolicy": {"write": "Policy.ReadWrite.DeviceConfiguration"}}

TARGETED_ASSIGN = {
    "name": "assign",
    "boundTo": "item",
    "params": {"assignments": "collection:targetedManagedAppPolicyAssignment"},
}
TARGET_APPS = {
    "name": "targetApps",
    "boundTo": "item",
    "params": {
        "apps": "collection:managedMobileApp",
        "appGroupType": "enum:targetedManagedAppGroupType",
    },
}

# Actions that the OpenAPI description lacks. Source of all: entity-sets.json, `known` of these paths, and quirks.md 30.
EXTRA_ACTIONS = {
    "deviceAppManagement/androidManagedAppProtections": [TARGETED_ASSIGN, TARGET_APPS],
    "deviceAppManagement/iosManagedAppProtections": [TARGETED_ASSIGN, TARGET_APPS],
    "deviceAppManagement/managedAppPolicies": [TARGETED_ASSIGN, TARGET_APPS],
    "deviceAppManagement/mdmWindowsInformationProtectionPolicies": [TARGETED_ASSIGN],
    "deviceAppManagement/windowsInformationProtectionPolicies": [TARGETED_ASSIGN],
}

# Directory collections that are only read, to know what an id stands for (portability.md F, api-behaviour.md 1).
# Their permissions are common knowledge, not in the fact files.
READ_ONLY_COLLECTIONS = {
    "devices": ("device", "Device.Read.All"),
    "directoryRoles": ("directoryRole", "RoleManagement.Read.Directory"),
    "directoryRoleTemplates": ("directoryRoleTemplate", "RoleManagement.Read.Directory"),
    "domains": ("domain", "Domain.Read.All"),
    "domains/{id}/serviceConfigurationRecords": ("domainDnsRecord", "Domain.Read.All"),
    "roleManagement/directory/roleDefinitions": ("unifiedRoleDefinition", "RoleManagement.Read.Directory"),
    "subscribedSkus": ("subscribedSku", "Organization.Read.All"),
    "users": ("user", "User.Read.All"),
}

# Collections that the OpenAPI description lacks. Sources: names in beta-entity-types.json (navigation properties of
# deviceManagement and virtualEndpoint), mocks of windows_365 and settings_catalog_inventory_policy, object-types.json.
ASSIGN_POLICY = {
    "name": "assign",
    "boundTo": "item",
    "params": {"assignments": "collection:deviceManagementConfigurationPolicyAssignment"},
}
CONFIGURATION = {"read": "DeviceManagementConfiguration.Read.All", "write": "DeviceManagementConfiguration.ReadWrite.All"}
CLOUD_PC = {"read": "CloudPC.Read.All", "write": "CloudPC.ReadWrite.All"}
CLOUD_CA = {"read": "DeviceManagementCloudCA.Read.All", "write": "DeviceManagementCloudCA.ReadWrite.All"}
EVERY_METHOD = ["list", "create", "get", "update", "delete"]
# Registering an application: documentation of application-post-applications, -update, -delete,
# application-post-federatedidentitycredentials, serviceprincipal-post-serviceprincipals and -post-approleassignments
# (read 2026-11-30).
APPLICATION = {"read": "Application.Read.All", "write": "Application.ReadWrite.All"}
APP_ROLE = {"read": "Application.Read.All", "write": "AppRoleAssignment.ReadWrite.All"}
EXTRA_COLLECTIONS = {
    "applications": ("application", EVERY_METHOD, APPLICATION, []),
    "applications/{id}/federatedIdentityCredentials": (
        "federatedIdentityCredential", EVERY_METHOD, APPLICATION, []
    ),
    "servicePrincipals": ("servicePrincipal", EVERY_METHOD, APPLICATION, []),
    "servicePrincipals/{id}/appRoleAssignments": ("appRoleAssignment", ["list", "create", "get", "delete"], APP_ROLE, []),
    "deviceManagement/cloudCertificationAuthority": ("cloudCertificationAuthority", EVERY_METHOD, CLOUD_CA, []),
    "deviceManagement/inventoryPolicies": (
        "deviceManagementConfigurationPolicy", [*EVERY_METHOD, "put"], CONFIGURATION, [ASSIGN_POLICY]
    ),
    "deviceManagement/inventoryPolicies/{id}/settings": (
        "deviceManagementConfigurationSetting", ["list", "get"], CONFIGURATION, []
    ),
    "deviceManagement/inventoryPolicies/{id}/assignments": (
        "deviceManagementConfigurationPolicyAssignment", ["list", "get"], CONFIGURATION, []
    ),
    "deviceManagement/virtualEndpoint/deviceImages": ("cloudPcDeviceImage", EVERY_METHOD, CLOUD_PC, []),
    "deviceManagement/virtualEndpoint/onPremisesConnections": ("cloudPcOnPremisesConnection", EVERY_METHOD, CLOUD_PC, []),
}

# Types that only the names-only files know: parameters of actions, and what a list of their base holds.
EXTRA_TYPES = ["enrollmentTimeDeviceMembershipTarget", "domainDnsCnameRecord"]

# Bases of those of them that are no entities of their own.
EXTRA_BASES = {"domainDnsCnameRecord": "domainDnsRecord"}

# Bases of types that only the names-only files know; any other of them is an `entity`.
DIRECTORY_OBJECTS = {"application", "device", "directoryRole", "directoryRoleTemplate", "servicePrincipal", "user"}

# Properties that the metadata lacks and published exports of real tenants carry (quirks.md, table, row on conditional
# access; the others found by checking exports against the metadata). Only their presence is known: type `any`.
EXTRA_PROPERTIES = {
    "conditionalAccessConditionSet": {"times": {}},
    "conditionalAccessPolicy": {"partialEnablementStrategy": {}, "templateId": {}},
    "conditionalAccessSessionControls": {"blockSensitiveActions": {}},
    "deviceManagementConfigurationSettingInstance": {"auditRuleInformation": {}},
    "group": {"onPremisesObjectIdentifier": {"readOnly": True}},
}

# Guessed to be abstract, but published exports carry them as the type of a value.
NOT_ABSTRACT = {
    "deviceManagementConfigurationStringSettingValue",
}

ORDER_OF_METHODS = ["list", "create", "get", "update", "put", "delete"]


def read(facts, name):
    return json.loads((facts / f"{name}.json").read_text(encoding="utf-8"))


def line(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def lean(entry, flags):
    """Flags stand only where they are true."""
    return {flag: True for flag in flags if entry.get(flag)}


def known_types(facts):
    source = read(facts, "intune-types")
    names = {}
    for file, kind in (("beta-complex-types", "complex"), ("beta-entity-types", "entity")):
        for name, members in read(facts, file)["microsoft.graph"].items():
            names[name] = (kind, members)
    types = {}
    for name, entry in source["types"].items():
        known = lean(entry, ["abstract", "abstractGuess", "open"])
        if name in NOT_ABSTRACT:
            known.pop("abstractGuess", None)
        known["kind"] = entry["kind"]
        if "base" in entry:
            known["base"] = entry["base"]
        known["properties"] = {
            prop: {"type": p["type"], **lean(p, ["nullable", "nav", "readOnly", "flags"])}
            for prop, p in entry["properties"].items()
        }
        types[name] = known
    for name, known in types.items():
        if name in names:
            add_names(known["properties"], inherited(types, name), names[name][1])
    for name, extra in EXTRA_PROPERTIES.items():
        for prop, flags in extra.items():
            types[name]["properties"].setdefault(prop, {"type": "any", "nullable": True, **flags})
    enums = {name: list(members) for name, members in source["enums"].items()}
    for name, members in read(facts, "beta-enum-types")["microsoft.graph"].items():
        if name in enums:
            enums[name] += [m for m in members if m not in enums[name]]
    return types, enums, names


def inherited(types, name):
    seen = set()
    base = types[name].get("base")
    while base in types:
        seen |= set(types[base]["properties"])
        base = types[base].get("base")
    return seen


def add_names(properties, already, members):
    """Properties whose name alone is known get the type `any`."""
    for kind, nav in (("properties", False), ("navigationProperties", True)):
        for prop in members[kind]:
            if prop not in properties and prop not in already:
                properties[prop] = {"type": "any", "nullable": True, **({"nav": True} if nav else {})}


def by_name_only(name, names):
    kind, members = names[name]
    base = "directoryObject" if name in DIRECTORY_OBJECTS else "entity"
    known = {"kind": kind, "properties": {}}
    if kind == "entity":
        known["base"] = base
    add_names(known["properties"], {"id"} if kind == "entity" else set(), members)
    return known


def path_of(raw):
    """`/deviceAppManagement/mobileApps/graph.win32LobApp` is a cast; written as it goes over the wire."""
    parts = [("microsoft." + part) if part.startswith("graph.") else part for part in raw.strip("/").split("/")]
    return "/".join(parts)


def least(permissions, methods):
    for method in methods:
        entry = permissions.get(method, {})
        for who in ("app", "delegated"):
            if who in entry:
                return entry[who]
    return None


def known_collections(facts):
    collections = {}
    for raw, entry in read(facts, "entity-sets")["sets"].items():
        path = path_of(raw)
        methods = {"update" if method == "patch" else method for method in entry["methods"]}
        methods |= set(EXTRA_METHODS.get(path, []))
        actions = entry.get("actions", []) + EXTRA_ACTIONS.get(path, [])
        merged = {}
        for action in actions:
            known = merged.setdefault((action["name"], action["boundTo"]), {})
            known.update(action["params"])
        known = {
            "element": entry["elementType"],
            "kind": entry["kind"],
            "methods": [m for m in ORDER_OF_METHODS if m in methods],
        }
        if merged:
            known["actions"] = [
                {"name": name, "boundTo": bound, "params": params} for (name, bound), params in sorted(merged.items())
            ]
        if entry.get("functions"):
            known["functions"] = sorted({f["name"] for f in entry["functions"]})
        permissions = {
            "read": least(entry["permissions"], ["list", "get"]),
            "write": least(entry["permissions"], ["create", "update", "patch", "delete"]),
        }
        permissions |= EXTRA_PERMISSIONS.get(path, {})
        known["permissions"] = {way: name for way, name in permissions.items() if name}
        collections[path] = known
    for path, (element, permission) in READ_ONLY_COLLECTIONS.items():
        collections[path] = {
            "element": element,
            "kind": "collection",
            "methods": ["list", "get"],
            "permissions": {"read": permission},
        }
    for path, (element, methods, permissions, actions) in EXTRA_COLLECTIONS.items():
        collections[path] = {
            "element": element,
            "kind": "collection",
            "methods": [m for m in ORDER_OF_METHODS if m in methods],
            "permissions": permissions,
            **({"actions": actions} if actions else {}),
        }
    return collections


def block(entries, indent, body):
    lines = [f"{indent}{json.dumps(name)}: {body(entries[name])}" for name in sorted(entries)]
    return ",\n".join(lines)


def type_text(known):
    head = {key: value for key, value in known.items() if key != "properties"}
    opening = line(head)[:-1]
    if not known["properties"]:
        return opening + ',"properties":{}}'
    return opening + ',"properties":{\n' + block(known["properties"], "  ", line) + "}}"


def collection_text(known):
    plain = {key: value for key, value in known.items() if key != "actions"}
    if "actions" not in known:
        return line(plain)
    actions = ",\n".join("  " + line(action) for action in known["actions"])
    return line(plain)[:-1] + ',"actions":[\n' + actions + "]}"


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    facts = Path(sys.argv[1]) if len(sys.argv) == 2 else HERE / "facts"
    types, enums, names = known_types(facts)
    collections = known_collections(facts)
    for known in collections.values():
        if known["element"] not in types and known["element"] in names:
            types[known["element"]] = by_name_only(known["element"], names)
    for name in EXTRA_TYPES:
        types[name] = by_name_only(name, names)
        if name in EXTRA_BASES:
            types[name]["base"] = EXTRA_BASES[name]
    if "directoryObject" not in types:
        types["directoryObject"] = by_name_only("directoryObject", names)
    (HERE / "graph-types.json").write_text(
        '{"types":{\n' + block(types, "", type_text) + '},\n"enums":{\n' + block(enums, "", line) + "}}\n",
        encoding="utf-8",
    )
    (HERE / "graph-collections.json").write_text(
        '{"collections":{\n' + block(collections, "", collection_text) + "}}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
