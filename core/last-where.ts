// Search in a sorted list.

/** The last of `items` for which `holds` is true, which it is for the first ones and no others; undefined where it is for none. */
export function lastWhere<T>(items: readonly T[], holds: (item: T) => boolean): T | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}
