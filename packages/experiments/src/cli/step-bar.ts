import type { ProjectProgress } from "@latentflow/models";
import { duration } from "./progress.js";

const WIDTH = 24;
/** Milliseconds between two drawings. */
const REDRAW = 100;

/** Steps of a search as a bar on a terminal; elsewhere nothing. */
export class StepBar {
  private readonly started = performance.now();
  private drawn = 0;

  /** @param stream null: stays silent */
  constructor(private readonly stream: NodeJS.WriteStream | null) {}

  readonly show = ({ step, steps, distances }: ProjectProgress): void => {
    const now = performance.now();
    if (!this.stream?.isTTY || (now - this.drawn < REDRAW && step < steps)) return;
    this.drawn = now;
    const bar = "█".repeat(Math.round((step / steps) * WIDTH)).padEnd(WIDTH, "░");
    const left = duration((((now - this.started) / step) * (steps - step)) / 1000);
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    const text = `${bar} ${step}/${steps}  distance ${mean.toPrecision(3)}, ${left} left`;
    this.stream.write(`\r\x1b[K${text.slice(0, (this.stream.columns ?? 80) - 1)}`);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.stream?.isTTY) this.stream.write("\r\x1b[K");
  }
}
