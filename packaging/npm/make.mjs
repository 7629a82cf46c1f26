#!/usr/bin/env node
// Release archives to npm packages: one for each platform with nothing but its binary, and one that
// chooses among them. None has an install script.
//
//   node make.mjs VERSION OWNER/REPOSITORY FOLDER-WITH-ARCHIVES FOLDER-FOR-PACKAGES
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PLATFORMS = [
  { target: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  { target: "aarch64-unknown-linux-gnu", os: "linux", cpu: "arm64", libc: "glibc" },
  { target: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
  { target: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
  { target: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
];

const [version, repository, archives, packages] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version ?? "") || !/^[^/]+\/[^/]+$/.test(repository ?? "") || !archives || !packages) {
  console.error("no package was made: write VERSION, OWNER/REPOSITORY, the folder with the archives, the folder for the packages");
  process.exit(2);
}

const here = dirname(fileURLToPath(import.meta.url));
const shared = {
  version,
  license: "MIT OR Apache-2.0",
  repository: { type: "git", url: `git+https://github.com/${repository}.git` },
};

function write(folder, manifest) {
  for (const file of ["README.md", "LICENSE-APACHE", "LICENSE-MIT"]) {
    copyFileSync(join(here, "..", "..", file), join(folder, file));
  }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

for (const { target, os, cpu, libc } of PLATFORMS) {
  const folder = join(packages, `${os}-${cpu}`);
  const binary = os === "win32" ? "mcp-vouch.exe" : "mcp-vouch";
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", join(archives, `mcp-vouch-${target}.tar.gz`), "-C", folder, binary]);
  write(folder, {
    name: `@mcp-vouch/${os}-${cpu}`,
    description: `The mcp-vouch binary for ${os} on ${cpu}.`,
    ...shared,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    files: [binary, "LICENSE-APACHE", "LICENSE-MIT"],
  });
}

const main = join(packages, "mcp-vouch");
mkdirSync(main, { recursive: true });
copyFileSync(join(here, "launch.mjs"), join(main, "launch.mjs"));
write(main, {
  name: "mcp-vouch",
  description: "Does this MCP connector deserve my trust? Reads the published package, never runs it.",
  ...shared,
  keywords: ["mcp", "security", "supply-chain"],
  type: "module",
  bin: { "mcp-vouch": "launch.mjs" },
  files: ["launch.mjs", "LICENSE-APACHE", "LICENSE-MIT"],
  engines: { node: ">=18" },
  optionalDependencies: Object.fromEntries(
    PLATFORMS.map(({ os, cpu }) => [`@mcp-vouch/${os}-${cpu}`, version]),
  ),
});
