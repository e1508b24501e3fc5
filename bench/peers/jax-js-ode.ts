/** RK4 (3/8 rule), 20 steps of a tanh MLP of 16×128 on jax-js (wasm, jit): what `bench/ode` compares with. */
export interface JaxPeer {
  forward(): Promise<void>;
  backward(): Promise<void>;
}

/** What is used of jax-js; its arrays are consumed by each use, `.ref` keeps one. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(factor: number): JaxArray;
  sum(): JaxArray;
  dispose(): void;
  data(): Promise<unknown>;
}
type Weights = readonly [JaxArray, JaxArray, JaxArray, JaxArray];
type Solve = (y: JaxArray, ...weights: JaxArray[]) => JaxArray;
interface Jax {
  init(): Promise<unknown>;
  defaultDevice(name: string): void;
  jit<F>(f: F): F;
  grad(f: Solve, options: { argnums: number[] }): (y: JaxArray, ...weights: JaxArray[]) => JaxArray[];
  readonly numpy: {
    array(values: Float32Array): JaxArray & { reshape(shape: number[]): JaxArray };
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
  };
}

/** @param values y0, W1, b1, W2, b2 with their shapes */
export async function jaxPeer(values: readonly { data: Float32Array; shape: number[] }[], steps: number): Promise<JaxPeer> {
  // jax-js looks for navigator.gpu; Node 20 has no navigator.
  if (!("navigator" in globalThis)) Object.defineProperty(globalThis, "navigator", { value: {} });
  const { init, defaultDevice, jit, grad, numpy: np } = (await import("@jax-js/jax")) as unknown as Jax;
  await init();
  defaultDevice("wasm");
  const arrays = values.map(({ data, shape }) => np.array(data).reshape(shape));
  const f = (y: JaxArray, [w1, b1, w2, b2]: Weights) =>
    np.tanh(np.matmul(np.tanh(np.matmul(y, w1.ref).add(b1.ref)), w2.ref).add(b2.ref));
  const h = 1 / steps;
  const solve: Solve = (y, ...weights) => {
    const w = weights as unknown as Weights;
    for (let i = 0; i < steps; i++) {
      const k1 = f(y.ref, w);
      const k2 = f(y.ref.add(k1.ref.mul(h / 3)), w);
      const k3 = f(y.ref.add(k2.ref.sub(k1.ref.mul(1 / 3)).mul(h)), w);
      const k4 = f(y.ref.add(k1.ref.sub(k2.ref).add(k3.ref).mul(h)), w);
      y = y.add(
        k1
          .add(k2.add(k3).mul(3))
          .add(k4)
          .mul(h / 8),
      );
    }
    for (const weight of weights) weight.dispose();
    return y;
  };
  const forward = jit(solve);
  const backward = jit(grad((y, ...weights) => solve(y, ...weights).sum(), { argnums: values.map((_, i) => i) }));
  const fresh = () => arrays.map((array) => array.ref) as [JaxArray, ...JaxArray[]];
  return {
    forward: async () => void (await forward(...fresh()).data()),
    backward: async () => {
      for (const gradient of backward(...fresh())) await gradient.data();
    },
  };
}
