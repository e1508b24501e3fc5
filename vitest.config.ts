import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { testProjects } from "./tools/test-projects.js";

export default defineConfig({
  test: {
    projects: testProjects("*.test.ts", ["**/*.slow.test.ts"]),
    reporters: ["default"],
    // vitest leaves a core free, which of two is half: all tests took 559 s on one, 393 s on both.
    maxWorkers: availableParallelism(),
  },
});
