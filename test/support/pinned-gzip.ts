// One input, and the sha256 of what `pack` makes of it at some levels: on every processor. Another value here is
// another DEFLATE_FORM (runner-native/src/deflate.h).

/** A megabyte: text, digits that only a code makes smaller, what nothing makes smaller, runs; the same every time. */
export function pinnedSample(): Buffer {
  let state = 7;
  const next = (most: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % most;
  };
  const words = Array.from({ length: 500 }, () => next(2 ** 24).toString(36));
  let text = '';
  while (text.length < 2 ** 19) text += `${words[next(words.length)]} `;
  const bytes = Buffer.alloc(2 ** 20);
  bytes.write(text);
  for (let i = 2 ** 19; i < 3 * 2 ** 18; i++) bytes[i] = 48 + next(10);
  for (let i = 3 * 2 ** 18; i < 7 * 2 ** 17; i++) bytes[i] = next(256);
  for (let i = 7 * 2 ** 17; i < 2 ** 20; i++) bytes[i] = i % 2 ** 14 === 0 ? next(256) : 7;
  return bytes;
}

export const PINNED_SAMPLE = '7d05c9f76fdbce95baf05fcfa987e46e18e719696397faa3a5c00af02cf317d2';

export const PINNED_GZIP: Readonly<Record<string, string>> = {
  0: '0c131fe8402eb2a6c45fd47a2c4bfe517c26d526ca475a61e79268c8f2d36cf4',
  1: 'd7a6a934065d5d87718032ec3fc480e1896735ce07ca8d97f487e1d31525e4a8',
  2: '9e6c2162258dd58c8719ff19345325b3ef1d8ea220369585516e6b39c887c9c0',
  3: 'e9546aa57180c0c185ed549219ccef80c72b79621b9deb26839c6fd0dec7ac05',
  4: '29f6944ab502a0fc456497269724ad93d880388c9da645d84d9b77f96a424330',
  5: '16e35cc168441fb44e399cf015be8ead3037a012c07dac3ecc768813bed61488',
  9: '66a54df655eb1985bf48d511db529736b28dfc84b7b579a7aea9cd71a63cf39c',
};
