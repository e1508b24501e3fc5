import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A process that does one job a line and answers with the seconds it took: a Python script in `peers/`, or a program. */
export class Peer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    /** What the script said of itself: the library, its version, its threads. */
    readonly description: string,
  ) {}

  /**
   * Undefined when the script does not start: no Python, or no PyTorch in it.
   *
   * @param script file name in `bench/peers`
   */
  static async start(script: string): Promise<Peer | undefined> {
    const python = process.env.LATENTFLOW_PYTHON ?? "python3";
    return Peer.of(python, [fileURLToPath(new URL(`./peers/${script}`, import.meta.url))]);
  }

  /** A program that says what it is in its first line. Undefined when it does not start. */
  static async of(command: string, options: readonly string[] = []): Promise<Peer | undefined> {
    const child = spawn(command, options, { stdio: ["pipe", "pipe", "ignore"] });
    child.on("error", () => {});
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const first = await lines.next();
    return first.done ? undefined : new Peer(child, lines, first.value);
  }

  /** Seconds that a job took. */
  async seconds(job: string): Promise<number> {
    return (await this.numbers(job))[0]!;
  }

  /** Seconds that a job took, and whatever else it answers. */
  async numbers(job: string): Promise<number[]> {
    this.child.stdin!.write(`${job}\n`);
    return String((await this.lines.next()).value)
      .split(" ")
      .map(Number);
  }

  stop(): void {
    this.child.stdin!.end();
  }
}
