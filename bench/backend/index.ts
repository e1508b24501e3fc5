import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { compare, printTable } from "../measure.js";
import { keepStockKernels, runStock } from "./stock.js";

type Shape4 = [number, number, number, number];

/** Our wasm kernels beside the stock ones, in GFLOP/s, and as a share of the forward operation on the same shapes. */
export async function run(): Promise<void> {
  await keepStockKernels();
  const info = await useBackend("wasm");
  console.log(`${info.device}\n`);
  await convolutions();
  await products();
}

async function convolutions(): Promise<void> {
  const rows: (string | number)[][] = [];
  const shapes: Shape4[] = [
    [8, 32, 32, 64],
    [8, 64, 64, 32],
    [8, 16, 16, 128],
    [8, 8, 8, 512],
  ];
  for (const stride of [1, 2]) {
    for (const shape of shapes) {
      const [n, h, w, c] = shape;
      const [x, filter, dy] = [
        tf.randomNormal(shape),
        tf.randomNormal<tf.Rank.R4>([3, 3, c, c]),
        tf.randomNormal([n, h / stride, w / stride, c]),
      ];
      const attrs = { strides: stride, pad: "same", dataFormat: "NHWC", dilations: 1 };
      const kernel = (name: string, inputs: object, extra: object) => () =>
        dispose(tf.engine().runKernel(name, inputs as never, { ...attrs, ...extra } as never));
      const times = await compare({
        forward: kernel("Conv2D", { x, filter }, {}),
        dx: kernel("Conv2DBackpropInput", { dy, filter }, { inputShape: shape }),
        dw: kernel("Conv2DBackpropFilter", { x, dy }, { filterShape: filter.shape }),
      });
      const stock = await compare(
        { dx: () => runStock("Conv2DBackpropInput", { dy, filter }, { ...attrs, inputShape: shape }) },
        { rounds: 3 },
      );
      const gflop = (2 * n * (h / stride) * (w / stride) * 9 * c * c) / 1e6;
      rows.push([
        `[${shape}] stride ${stride}`,
        (gflop / times.forward).toFixed(1),
        (gflop / stock.dx).toFixed(1),
        (gflop / times.dx).toFixed(1),
        percent(times.forward / times.dx),
        (gflop / times.dw).toFixed(1),
        percent(times.forward / times.dw),
      ]);
      tf.dispose([x, filter, dy]);
    }
  }
  console.log("3×3 convolution, GFLOP/s (stock has no filter gradient; dx with stride 2 is also conv2dTranspose)");
  printTable(["input", "forward", "stock dx", "our dx", "of forward", "our dW", "of forward"], rows);
  console.log();
}

async function products(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const [m, k, n] of [
    [32, 512, 512],
    [512, 512, 512],
  ] as const) {
    const [a, b, at, bt] = [tf.randomNormal([m, k]), tf.randomNormal([k, n]), tf.randomNormal([k, m]), tf.randomNormal([n, k])];
    const product = (x: tf.Tensor, y: tf.Tensor, tx: boolean, ty: boolean) => () => dispose(tf.matMul(x, y, tx, ty));
    const options = { rounds: 15, repeat: m < 100 ? 10 : 2 };
    const times = await compare(
      {
        plain: product(a, b, false, false),
        ta: product(at, b, true, false),
        tb: product(a, bt, false, true),
        tab: product(at, bt, true, true),
        fresh: () => {
          const copy = tf.add(bt, 0);
          dispose(tf.matMul(a, copy, false, true));
          dispose(copy);
        },
        plainFresh: () => {
          const copy = tf.add(b, 0);
          dispose(tf.matMul(a, copy));
          dispose(copy);
        },
      },
      options,
    );
    const three = (t: tf.Tensor) => tf.reshape(t, [1, ...t.shape]);
    const inputs = { a: three(a), b: three(b), at: three(at), bt: three(bt) };
    const stock = await compare(
      {
        ta: () => runStock("BatchMatMul", { a: inputs.at, b: inputs.b }, { transposeA: true, transposeB: false }),
        tb: () => runStock("BatchMatMul", { a: inputs.a, b: inputs.bt }, { transposeA: false, transposeB: true }),
      },
      { rounds: 3 },
    );
    const gflop = (2 * m * k * n) / 1e6;
    const row = (name: string, ours: number, base: number, stockTime?: number) =>
      rows.push([
        `${m}×${k}×${n} ${name}`,
        stockTime === undefined ? "" : (gflop / stockTime).toFixed(1),
        (gflop / ours).toFixed(1),
        percent(base / ours),
      ]);
    row("A·B", times.plain, times.plain);
    row("Aᵀ·B", times.ta, times.plain, stock.ta);
    row("A·Bᵀ", times.tb, times.plain, stock.tb);
    row("Aᵀ·Bᵀ", times.tab, times.plain);
    row("A·B, B new each time", times.plainFresh, times.plainFresh);
    row("A·Bᵀ, B new each time", times.fresh, times.plainFresh);
    tf.dispose([a, b, at, bt, inputs as never]);
  }
  console.log("Matrix product, GFLOP/s");
  printTable(["product", "stock", "ours", "of plain"], rows);
}

function dispose(result: tf.TensorInfo | tf.TensorInfo[]): void {
  (result as tf.Tensor).dispose();
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
