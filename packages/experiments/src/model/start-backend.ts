import { type BackendName, currentBackend, useBackend } from "@latentflow/backend";

/** The trained half is always on tfjs; a backend that the caller started stays. */
export async function startBackend(name?: string): Promise<void> {
  try {
    currentBackend();
  } catch {
    await useBackend(name as BackendName | undefined);
  }
}
