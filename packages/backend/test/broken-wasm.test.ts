import { BackendError, useBackend } from "@latentflow/backend";
import { expect, it } from "vitest";

it("says where wasm files are looked for when they can't be loaded, and auto falls back to cpu and says why", async () => {
  const error = await useBackend("wasm", { wasmPaths: "/nowhere/" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BackendError);
  expect(String(error)).toContain("name their folder in the option wasmPaths");
  const info = await useBackend("auto", { wasmPaths: "/nowhere/" });
  expect(info.name).toBe("cpu");
  expect(info.passedOver).toEqual([{ name: "wasm", reason: expect.stringContaining("could not be loaded") }]);
});
