// Which files of a scan are names of one file. Every file may have names elsewhere too (a package manager links all of
// its files to its own store), so that of each only the inode is kept until it is known which come twice.

export class SharedInodes {
  #inodes = new BigUint64Array(64);
  #count = 0;

  /** Notes a name of an inode that has several. */
  add(inode: bigint): void {
    if (this.#count === this.#inodes.length) {
      const larger = new BigUint64Array(2 * this.#count);
      larger.set(this.#inodes);
      this.#inodes = larger;
    }
    this.#inodes[this.#count++] = inode;
  }

  /** The inodes that were noted more than once. Those of two devices may be two files yet. */
  repeated(): ReadonlySet<bigint> {
    const sorted = this.#inodes.subarray(0, this.#count).sort();
    const repeated = new Set<bigint>();
    let previous: bigint | undefined;
    for (const inode of sorted) {
      if (inode === previous) repeated.add(inode);
      previous = inode;
    }
    return repeated;
  }
}
