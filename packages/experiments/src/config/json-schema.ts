import { z } from "zod";
import { experiment } from "./schema.js";

/** JSON Schema of what a configuration file holds; draft 7, which editors know whole. */
export function configurationSchema(): object {
  return { title: "Configuration of a latentflow experiment", ...z.toJSONSchema(experiment, { target: "draft-7", io: "input" }) };
}
