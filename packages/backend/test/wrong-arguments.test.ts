import { BackendError, useBackend } from "@latentflow/backend";
import { expect, it } from "vitest";

const circle: Record<string, unknown> = {};
circle.self = circle;
const JUNK = [null, "x", Number.NaN, -3, () => 1, circle, [], ["x"], Symbol("s")];

it("refuses names and options of another kind", async () => {
  for (const junk of [...JUNK, {}]) {
    await expect(useBackend(junk as never)).rejects.toThrow(/useBackend: expected "auto" or one of wasm, cpu, got /);
    await expect(useBackend(junk as never)).rejects.toThrow(BackendError);
  }
  for (const junk of JUNK.filter((value) => !(typeof value === "object" && Array.isArray(value) && value.length === 0))) {
    await expect(useBackend("cpu", junk as never)).rejects.toThrow(BackendError);
  }
});

it.each(["wasmPaths", "threads", "timeoutMs"])("refuses %s of another kind, by name", async (key) => {
  for (const junk of JUNK) {
    if (key === "wasmPaths" && junk === "x") continue;
    await expect(useBackend("wasm", { [key]: junk } as never)).rejects.toThrow(BackendError);
    await expect(useBackend("wasm", { [key]: junk } as never)).rejects.toThrow(new RegExp(`useBackend: expected ${key} to be`));
  }
});

it("refuses a time that a timer can't wait for: it would be over at once", async () => {
  await expect(useBackend("cpu", { timeoutMs: 1e300 })).rejects.toThrow("timeoutMs to be a finite number > 0 and ≤ 2147483647");
});
