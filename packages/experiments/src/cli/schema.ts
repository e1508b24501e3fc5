import { Command } from "commander";
import { configurationSchema } from "../config/json-schema.js";
import { METHODS } from "../methods/index.js";

/** `latentflow schema` */
export function schemaCommand(): Command {
  return new Command("schema")
    .description("the JSON Schema of configuration files: every field, its default and limits; editors complete and check by it")
    .action(() => console.log(JSON.stringify(configurationSchema(METHODS.map(({ id }) => id)), null, 2)));
}
