// Runs one async function over many values, a bounded number at once.

/** Calls `work` for each value, at most `limit` at a time; throws the first failure after those under way have ended. */
export async function inParallel<T>(
  values: readonly T[],
  limit: number,
  work: (value: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < values.length && failure === undefined) {
      const index = next++;
      try {
        await work(values[index] as T, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, values.length) }, worker));
  if (failure !== undefined) throw failure.error;
}
