import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Far above what a loaded machine takes, below the tests' own limit. */
const PATIENCE_MS = 300_000;
const REST_MS = 50;

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly phone?: boolean;
  readonly dark?: boolean;
}

/** Key codes of what has no letter. */
const CODES: Readonly<Record<string, number>> = {
  ...{ ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 },
  ...{ Enter: 13, Backspace: 8, Tab: 9 },
};

type Message = { id?: number; result?: Record<string, unknown>; error?: { message: string }; method?: string };

/** Headless Chromium with one page, driven as a person would: by keys, clicks and touches, over the DevTools protocol on a pipe. */
export class Chromium {
  private readonly waiting = new Map<
    number,
    { resolve: (value: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  private last = 0;
  private session: string | undefined;
  private rest = "";

  private constructor(private readonly child: ChildProcess) {
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (chunk: string) => this.receive(chunk));
    child.on("exit", () => {
      for (const { reject } of this.waiting.values()) reject(new Error("Chromium: it ended."));
    });
  }

  /** @param profile folder of what the browser keeps: the same one goes on where it was closed */
  static async start(path: string, profile: string, downloads: string): Promise<Chromium> {
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--hide-scrollbars",
      "--remote-debugging-pipe",
    ];
    const child = spawn(path, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      detached: true,
    });
    const browser = new Chromium(child);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    await browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
    browser.session = String(sessionId);
    await browser.send("Page.enable");
    return browser;
  }

  async screen({ width, height, phone = false, dark = false }: Screen): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    await this.send("Emulation.setTouchEmulationEnabled", { enabled: phone });
    const scheme = { name: "prefers-color-scheme", value: dark ? "dark" : "light" };
    await this.send("Emulation.setEmulatedMedia", { features: [scheme] });
  }

  async open(address: string): Promise<void> {
    await this.send("Page.navigate", { url: "about:blank" });
    await this.send("Page.navigate", { url: address });
    await this.until(`document.readyState === "complete" && location.href.startsWith("file:")`);
  }

  /** The value of an expression in the page. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", { expression, returnByValue: true })) as {
      result: { value: T };
      exceptionDetails?: { text: string };
    };
    if (exceptionDetails) throw new Error(`Chromium: ${expression}: ${exceptionDetails.text}`);
    return result.value;
  }

  /** Waits for an expression to be true. */
  async until(expression: string): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, REST_MS))) {
      if (await this.value<boolean>(expression)) return;
    }
    throw new Error(`Chromium: waited too long for ${expression}.`);
  }

  async press(key: string): Promise<void> {
    const code = CODES[key];
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const about = { key, code: key, windowsVirtualKeyCode: code ?? key.charCodeAt(0), ...(text !== undefined && { text }) };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...about });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...about });
  }

  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  /** Clicks, or touches, the middle of the first element of a selector. */
  async click(selector: string, by: "mouse" | "finger" = "mouse"): Promise<void> {
    const { x, y } = await this.value<{ x: number; y: number }>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "nearest" });
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    })()`);
    if (by === "finger") {
      await this.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
      await this.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      return;
    }
    const at = { x, y, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...at });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
  }

  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(String(data), "base64");
  }

  /** Ends the browser; what pages kept stays in the profile. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.session = undefined;
    await this.send("Browser.close").catch(() => undefined);
    if (this.child.exitCode === null) await ended;
    try {
      // Its helpers outlive it for a moment, and write into its profile.
      process.kill(-this.child.pid!, "SIGKILL");
    } catch {
      // None is left.
    }
  }

  private send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.last;
    const message = { id, method, params, ...(this.session !== undefined && { sessionId: this.session }) };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      (this.child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  private receive(chunk: string): void {
    const parts = (this.rest + chunk).split("\0");
    this.rest = parts.pop()!;
    for (const { id, result, error } of parts.map((part) => JSON.parse(part) as Message)) {
      const waiting = id === undefined ? undefined : this.waiting.get(id);
      if (waiting === undefined) continue;
      this.waiting.delete(id!);
      if (error) waiting.reject(new Error(`Chromium: ${error.message}`));
      else waiting.resolve(result ?? {});
    }
  }
}
