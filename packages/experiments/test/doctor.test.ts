import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortError } from "@latentflow/core";
import { afterAll, expect, it } from "vitest";
import { examine } from "../src/run/doctor.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-doctor-"));
afterAll(() => rm(root, { recursive: true, force: true }));

it("looks at Node, the disk, backends and the bundled networks, and stops when told", async () => {
  const stop = new AbortController();
  const found = new Map<string, string>();
  const look = async () => {
    for await (const { what, state } of examine(join(root, "run"), stop.signal)) {
      found.set(what, state);
      if (what === "bundled networks") stop.abort();
    }
  };
  await expect(look()).rejects.toBeInstanceOf(AbortError);
  for (const what of ["Node", "disk", "tfjs wasm", "bundled networks"]) expect([what, found.get(what)]).toEqual([what, "good"]);
});

it("says where a run could not be written", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  for await (const { what, state, text } of examine(file)) {
    if (what !== "disk") continue;
    expect([state, text]).toEqual(["bad", expect.stringContaining("a file stands where a folder is needed")]);
    break;
  }
});
