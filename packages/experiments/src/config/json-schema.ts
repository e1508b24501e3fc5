import { z } from "zod";
import { experimentSchema } from "./schema.js";

/** Methods that are files. */
const FILES = [{ type: "string", pattern: "^file:" }, { type: "object" }];

/**
 * JSON Schema of what a configuration file holds; draft 7, which editors know whole.
 *
 * @param methods ids of those that come along, which editors offer, and without `extensions` the only ones
 */
export function configurationSchema(methods: readonly string[]): object {
  return {
    title: "Configuration of a latentflow experiment",
    ...z.toJSONSchema(experimentSchema(null), { target: "draft-7", io: "input" }),
    if: { type: "object", properties: { extensions: false } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    then: { type: "object", properties: { methods: { type: "array", items: { anyOf: [{ enum: methods }, ...FILES] } } } },
  };
}
