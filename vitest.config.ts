import { defineConfig } from "vitest/config";
import { testProjects } from "./tools/test-projects.js";

export default defineConfig({ test: { projects: testProjects("*.test.ts", ["**/*.slow.test.ts"]), reporters: ["default"] } });
