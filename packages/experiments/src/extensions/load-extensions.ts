import { ConfigError } from "../errors.js";
import { importFile, whyNotImported } from "../import-file.js";
import type { Extensions } from "./extensions.js";

/**
 * Loads the module that a configuration's `extensions` names. Each worker loads it for itself, which is why it is a file.
 *
 * @throws ConfigError for a file that can't be loaded, or that exports none by default
 */
export async function loadExtensions(path: string): Promise<Extensions> {
  let exported: unknown;
  try {
    exported = (await importFile(path)).default;
  } catch (cause) {
    throw new ConfigError(`config: could not load extensions, ${path}: ${whyNotImported(path, cause)}`, { cause });
  }
  if (typeof exported === "object" && exported !== null) return exported as Extensions;
  throw new ConfigError(
    `config: expected extensions, ${path}, to have a default export, "export default defineExtensions({ … })".`,
  );
}
