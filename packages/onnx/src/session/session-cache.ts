import type { InferenceSession } from "onnxruntime-node";

interface Shared {
  readonly session: Promise<InferenceSession>;
  users: number;
}

const sessions = new Map<string, Shared>();

/** A session for a model, made once for equal bytes and options, and kept while somebody uses it. */
export async function acquireSession(
  key: string,
  create: () => Promise<InferenceSession>,
): Promise<{ session: InferenceSession; cached: boolean }> {
  const known = sessions.get(key);
  const shared = known ?? { session: create(), users: 0 };
  shared.users++;
  sessions.set(key, shared);
  try {
    return { session: await shared.session, cached: known !== undefined };
  } catch (error) {
    if (sessions.get(key) === shared) sessions.delete(key);
    throw error;
  }
}

/** Gives a session back; the last user's giving back frees it. */
export async function releaseSession(key: string): Promise<void> {
  const shared = sessions.get(key);
  if (!shared || --shared.users > 0) return;
  sessions.delete(key);
  await (await shared.session).release();
}

let unshared = 0;

/** SHA-256 of some bytes and a text. Browsers have it on https and localhost only: elsewhere each key is new, so that no session is shared. */
export async function contentKey(bytes: Uint8Array, text: string): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) return `${++unshared}|${text}`;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return `${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}|${text}`;
}
