import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The same iteration in PyTorch, in a process that answers each line with the seconds it took. */
export class Peer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly description: string,
  ) {}

  /** Undefined when there is no Python with PyTorch. */
  static async start(): Promise<Peer | undefined> {
    const python = process.env.LATENTFLOW_PYTHON ?? "python3";
    const script = fileURLToPath(new URL("../peers/latent_edit_torch.py", import.meta.url));
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "ignore"] });
    child.on("error", () => {});
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const first = await lines.next();
    return first.done ? undefined : new Peer(child, lines, first.value);
  }

  /** Seconds of one iteration. */
  async iterate(): Promise<number> {
    this.child.stdin!.write("iterate\n");
    return Number((await this.lines.next()).value);
  }

  stop(): void {
    this.child.stdin!.end();
  }
}
