const WIDTH = 24;

/** One line that fills up; on anything but a terminal, a line at the end only. */
export class ProgressBar {
  private readonly started = performance.now();

  constructor(private readonly title: string) {}

  /** @param share done, 0 to 1 */
  show(share: number, remark = ""): void {
    if (!process.stderr.isTTY) return;
    const full = Math.round(WIDTH * share);
    const left = share > 0 ? ((performance.now() - this.started) * (1 - share)) / share / 1000 : 0;
    process.stderr.write(
      `\r\x1b[K${this.title} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${left.toFixed(0)} s left ${remark}`,
    );
  }

  end(): void {
    const seconds = (performance.now() - this.started) / 1000;
    process.stderr.write(`${process.stderr.isTTY ? "\r\x1b[K" : ""}${this.title}: ${seconds.toFixed(1)} s\n`);
  }
}
