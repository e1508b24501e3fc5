import type { RegressorProgress } from "@latentflow/models/training";
import { duration } from "./progress.js";

const WIDTH = 24;
/** Milliseconds between two drawings. */
const REDRAW = 100;
const WHAT = { features: "features", train: "batches", validate: "judged" } as const;

/** Where training is, as a bar on a terminal; elsewhere nothing. */
export class TrainingBar {
  private started = performance.now();
  private drawn = 0;
  private stage = "";
  private from = 0;

  /** @param stream null: stays silent */
  constructor(private readonly stream: NodeJS.WriteStream | null) {}

  readonly show = ({ phase, epoch, done, total, loss }: RegressorProgress): void => {
    const now = performance.now();
    const stage = `${phase} ${epoch}`;
    if (stage !== this.stage) [this.stage, this.started, this.from] = [stage, now, done];
    if (!this.stream?.isTTY || (now - this.drawn < REDRAW && done < total)) return;
    this.drawn = now;
    const bar = "█".repeat(Math.round((done / total) * WIDTH)).padEnd(WIDTH, "░");
    const left = duration((((now - this.started) / Math.max(1, done - this.from)) * (total - done)) / 1000);
    const what = `${epoch > 0 ? `epoch ${epoch}, ` : ""}${WHAT[phase]} ${done}/${total}`;
    const text = `${bar} ${what}${loss === undefined ? "" : `, loss ${loss.toPrecision(3)}`}, ${left} left`;
    this.stream.write(`\r\x1b[K${text.slice(0, (this.stream.columns ?? 80) - 1)}`);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.stream?.isTTY) this.stream.write("\r\x1b[K");
  }
}
