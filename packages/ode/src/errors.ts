import { LatentflowError } from "@latentflow/core";
import type { Status } from "./status.js";

/** Thrown by `@latentflow/ode`. When a solve stopped before its end, `status` names the cause, the time and the step. */
export class OdeError extends LatentflowError {
  override readonly name = "OdeError";
  readonly status: Status | undefined;

  constructor(message: string, options: ErrorOptions & { status?: Status } = {}) {
    super(message, options);
    this.status = options.status;
  }
}
