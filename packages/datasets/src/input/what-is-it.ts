import { open } from "node:fs/promises";

const HEAD_BYTES = 512;

/** The first bytes of a file. */
export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whether a file begins as a web page does: what many servers send in place of a file that is gone, or that asks for a login. */
export function isWebPage(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString("latin1");
  return /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<(!doctype\s+html|html|head|body)\b/i.test(text);
}

/** What a file is that is not what it should be, where that can be told from its beginning; undefined where it can't. */
export function oddContents(head: Uint8Array): string | undefined {
  if (head.length === 0) return "an empty file";
  if (isWebPage(head)) return "an HTML page under its name (a failed download: get it again)";
  if (head.every((byte) => byte === 0)) return "a file that begins with zeros only (a download that was broken off)";
  return undefined;
}
