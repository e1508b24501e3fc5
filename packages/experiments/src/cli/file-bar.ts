import { duration } from "./progress.js";

const WIDTH = 24;
/** Milliseconds between two drawings. */
const REDRAW = 100;

/** Files looked at, as a bar on a terminal; elsewhere nothing. */
export class FileBar {
  private readonly started = performance.now();
  private drawn = 0;

  /** @param stream null: stays silent */
  constructor(private readonly stream: NodeJS.WriteStream | null) {}

  readonly show = (done: number, total: number): void => {
    const now = performance.now();
    if (!this.stream?.isTTY || (now - this.drawn < REDRAW && done < total)) return;
    this.drawn = now;
    const bar = "█".repeat(Math.round((done / total) * WIDTH)).padEnd(WIDTH, "░");
    const left = duration((((now - this.started) / done) * (total - done)) / 1000);
    this.stream.write(`\r\x1b[K${`${bar} ${done}/${total} files, ${left} left`.slice(0, (this.stream.columns ?? 80) - 1)}`);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.stream?.isTTY) this.stream.write("\r\x1b[K");
  }
}
