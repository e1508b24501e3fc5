export { BackendError } from "./errors.js";
export type { BackendAvailability, BackendInfo, BackendName, BackendOptions } from "./types.js";
export { availableBackends, currentBackend, useBackend } from "./use-backend.js";
