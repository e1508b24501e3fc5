import { CoreError, describeValue } from "./errors.js";
import type { ErrorClass } from "./options.js";

/**
 * A folder as an address, ending in "/", so that names of files may be put behind it. In a page, "/data" is one of its own.
 *
 * @param name what the message calls it
 * @throws ErrorType (default CoreError) for what is no address; the message says how to make one of a path
 */
export function folderAddress(caller: string, name: string, folder: unknown, ErrorType: ErrorClass = CoreError): URL {
  const address = typeof folder === "string" || folder instanceof URL ? `${folder}`.replace(/\/*$/, "/") : "";
  const page = typeof document === "object" ? document.baseURI : typeof location === "object" ? location.href : undefined;
  if (address !== "" && URL.canParse(address, page)) return new URL(address, page);
  throw new ErrorType(
    `${caller}: expected ${name} to be the address of a folder, got ${describeValue(folder)}; in Node, pathToFileURL("folder") of node:url makes one.`,
  );
}
