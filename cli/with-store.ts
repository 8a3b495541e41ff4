// The store, opened for the length of one command.

import type { Store } from '../cache/store.ts';
import type { LocalStore } from '../image/local-store.ts';
import type { Host } from './host.ts';
import { storeHome } from './store-home.ts';

/** Opens the store, does `work` with it, and closes it whatever happens. */
export async function withStore<T>(host: Host, work: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await import('../cache/store.ts');
  const store = await openStore(storeHome(host));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Does `work` with the images of the store. */
export async function withImages<T>(
  host: Host,
  work: (images: LocalStore, store: Store) => Promise<T>,
): Promise<T> {
  const { openLocalStore } = await import('../image/local-store.ts');
  return withStore(host, (store) => work(openLocalStore(store.ociDir, store.blobs), store));
}
