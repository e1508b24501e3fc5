import type { RunEvent } from "../run/events.js";
import type { Estimate } from "../run/fit-machine.js";

/** Jobs without images still take a moment: they count as this many. */
const LEAST_WORK = 20;
/** Milliseconds between two drawings of the bar. */
const REDRAW = 100;
const WIDTH = 24;

/** What happens, on stderr: a bar with images per second and the time left on a terminal, else a line a finished job. */
export class ProgressBar {
  private readonly work = new Map<string, { total: number; done: number; images: number }>();
  private readonly active = new Set<string>();
  private readonly started = performance.now();
  private jobs = 0;
  private drawn = 0;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  readonly show = (event: RunEvent): void => {
    if (event.type === "begin") this.begin(event);
    else this.follow(event);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.stream.isTTY) this.stream.write("\r\x1b[K");
  }

  private follow(event: Exclude<RunEvent, { type: "begin" }>): void {
    const entry = this.work.get(event.job);
    if (!entry) return;
    if (event.type === "start") this.active.add(event.job);
    if (event.type === "progress") {
      entry.done = event.done * entry.total;
      entry.images = event.images;
    }
    if (event.type === "end") {
      this.active.delete(event.job);
      entry.done = entry.total;
      entry.images = event.images;
      this.jobs++;
      this.line(`  ${event.job}  ${costOf(event)}${event.none === undefined ? "" : `, ${event.none}`}`);
    }
    this.draw();
  }

  private begin({ jobs, total, environment, folder, replaced, estimate }: Extract<RunEvent, { type: "begin" }>): void {
    for (const { id, images } of jobs) this.work.set(id, { total: Math.max(LEAST_WORK, images), done: 0, images: 0 });
    const { engine, generator } = environment;
    this.line(`${generator.name}; ${engine.device} (${engine.reason})`);
    const share =
      jobs.length === total ? `${total} jobs` : `${jobs.length === 0 ? "none" : jobs.length} of the run's ${total} jobs`;
    this.line(`${share} to do, in ${folder}`);
    if (estimate !== null) this.line(foretold(estimate));
    if (replaced.jobs.length > 0)
      this.line(`Made again, in place of other settings' results: ${replaced.jobs.length} (${replaced.changes.join(", ")})`);
  }

  private draw(): void {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.drawn < REDRAW) return;
    this.drawn = now;
    const entries = [...this.work.values()];
    const sum = (key: "total" | "done" | "images") => entries.reduce((all, entry) => all + entry[key], 0);
    const share = sum("done") / Math.max(1, sum("total"));
    const seconds = (now - this.started) / 1000;
    const bar = "█".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, "░");
    const speed = `${Math.round(sum("images") / seconds)} images/s`;
    const left = share > 0.01 ? `, ${duration((seconds * (1 - share)) / share)} left` : "";
    const text = `${bar} ${Math.floor(share * 100)} %  ${this.jobs}/${this.work.size}  ${speed}${left}  ${[...this.active].join(", ")}`;
    this.stream.write(`\r\x1b[K${text.slice(0, (this.stream.columns ?? 80) - 1)}`);
  }

  private line(text: string): void {
    this.end();
    this.stream.write(`${text}\n`);
    this.drawn = 0;
  }
}

/** "About 3 min with 2 workers and 1.4 GB of memory (20.9 GB are there)". */
function foretold({ seconds, memory, available, workers, imagesAtOnce }: Estimate): string {
  const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  const split = imagesAtOnce === null ? "" : `; batches in parts of ${imagesAtOnce}`;
  return `About ${duration(seconds)} with ${workers} worker${workers === 1 ? "" : "s"} and ${gigabytes(memory)} GB of memory (${gigabytes(available)} GB are there)${split}`;
}

function costOf({ seconds, images, elsewhere }: Extract<RunEvent, { type: "end" }>): string {
  if (elsewhere) return "done by another process";
  return `${seconds.toFixed(1)} s${images > 0 ? `, ${Math.round(images / seconds)} images/s` : ""}`;
}

/** "12 s", "3 min", "2.5 h" */
export function duration(seconds: number): string {
  if (seconds < 99) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
