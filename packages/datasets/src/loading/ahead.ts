/**
 * What `work` gives for each item, in order, with up to `ahead` of them begun before they are asked for. Leaving the loop early is fine; a failure
 * is thrown when its turn comes.
 */
export async function* workAhead<T, R>(items: Iterable<T>, ahead: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  const iterator = items[Symbol.iterator]();
  const begin = () => {
    const next = iterator.next();
    if (next.done) return;
    const result = work(next.value);
    // Told below, in its turn.
    result.catch(() => undefined);
    begun.push(result);
  };
  for (let i = 0; i < ahead; i++) begin();
  try {
    for (let first = begun.shift(); first !== undefined; first = begun.shift()) {
      const result = await first;
      begin();
      yield result;
    }
  } finally {
    // What was begun ends before the files are closed that it reads.
    await Promise.allSettled(begun);
  }
}
