import { BackendError, useBackend } from "@latentflow/backend";
import { expect, it } from "vitest";

it("auto falls back to cpu when the wasm files can't be loaded, and says where they are looked for; by name that is an error", async () => {
  const info = await useBackend("auto", { wasmPaths: "/nowhere/" });
  expect(info.name).toBe("cpu");
  expect(info.passedOver).toEqual([
    { name: "wasm", reason: expect.stringContaining("name their folder in the option wasmPaths") },
  ]);
  await expect(useBackend("wasm", { wasmPaths: "/nowhere/" })).rejects.toThrow(BackendError);
});
