/**
 * tfjs hands its workers the source of a function, which stood inside another one. A minifier renames what it took from there, and the workers die of
 * "e is not defined". All that it takes is an address that they don't need.
 */
const MARK = "var WasmBackendModuleThreadedSimd = ";

/** Runs `start` while sources for tfjs's workers are made to read what they lack as undefined. */
export async function withWorkersThatStart<T>(start: () => Promise<T>): Promise<T> {
  const scope = globalThis as { Blob: typeof Blob };
  const OriginalBlob = scope.Blob;
  scope.Blob = class extends OriginalBlob {
    constructor(parts?: BlobPart[], options?: BlobPropertyBag) {
      super(
        parts?.map((part) => (typeof part === "string" && part.startsWith(MARK) ? lenient(part) : part)),
        options,
      );
    }
  };
  try {
    return await start();
  } finally {
    scope.Blob = OriginalBlob;
  }
}

/** The source inside a scope that answers for every name that nobody else does. Workers of this kind run it as a classic script, where `with` exists. */
function lenient(source: string): string {
  const unknown = "{ has: (_, name) => typeof name === 'string' && !(name in self), get: () => undefined }";
  const name = "WasmBackendModuleThreadedSimd";
  return `var ${name}; with (new Proxy({}, ${unknown})) { ${name} = ${source.slice(MARK.length)}; }`;
}
