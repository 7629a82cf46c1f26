#!/usr/bin/env python3
"""`cargo metadata` on the standard input to a CycloneDX 1.6 document on the standard output."""

import json
import sys
import uuid


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def main():
    metadata = json.load(sys.stdin)
    packages = {package["id"]: package for package in metadata["packages"]}
    root = metadata["resolve"]["root"]
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def shipped(node):
        """What the binary is made from: no dependency that only tests or builds."""
        kinds = lambda dependency: {kind["kind"] for kind in dependency["dep_kinds"]}
        return [dependency["pkg"] for dependency in node["deps"] if None in kinds(dependency)]

    reached, waiting = set(), [root]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting.extend(shipped(nodes[one]))

    def component(one):
        package = packages[one]
        found = {
            "type": "application" if one == root else "library",
            "bom-ref": purl(package),
            "name": package["name"],
            "version": package["version"],
            "purl": purl(package),
        }
        if package.get("license"):
            found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        return found

    ordered = sorted(reached - {root}, key=lambda one: purl(packages[one]))
    components = [component(one) for one in ordered]
    dependencies = [
        {"ref": purl(packages[one]), "dependsOn": sorted({purl(packages[other]) for other in shipped(nodes[one])})}
        for one in [root, *ordered]
    ]
    body = json.dumps([components, dependencies], sort_keys=True)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, body)}",
        "version": 1,
        "metadata": {"component": component(root)},
        "components": components,
        "dependencies": dependencies,
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
