import { defineConfig } from "vitest/config";
import { testProjects } from "./tools/test-projects.js";

export default defineConfig({
  test: { projects: testProjects("*.slow.test.ts", []), reporters: ["default"], passWithNoTests: true },
});
