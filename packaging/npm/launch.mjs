#!/usr/bin/env node
// Starts the binary of this platform with the same arguments, streams and exit code.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const name = `@mcp-vouch/${process.platform}-${process.arch}`;
const binary = process.platform === "win32" ? "mcp-vouch.exe" : "mcp-vouch";
let path;
try {
  path = createRequire(import.meta.url).resolve(`${name}/${binary}`);
} catch {
  console.error(`error: nothing was checked: the package ${name} is not installed`);
  console.error("hint: install without --no-optional, or build from source with cargo");
  process.exit(2);
}
const ended = spawnSync(path, process.argv.slice(2), { stdio: "inherit" });
if (ended.error) {
  console.error(`error: nothing was checked: ${path} cannot be started: ${ended.error.message}`);
  process.exit(2);
}
if (ended.signal) process.kill(process.pid, ended.signal);
process.exit(ended.status ?? 2);
