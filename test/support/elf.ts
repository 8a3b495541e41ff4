// A program that nothing but the kernel's loader reads.

/** e_machine of this machine's programs. */
const MACHINE = process.arch === 'arm64' ? 183 : 62;

/** An ELF file of nothing but the name of its interpreter. */
export function elf(interpreter: string, machine = MACHINE): Buffer {
  const file = Buffer.alloc(120 + interpreter.length + 1);
  file.write('\x7fELF\x02\x01\x01', 'latin1');
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 32);
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
  ] as const)
    file.writeUInt16LE(value, at);
  file.writeUInt32LE(3, 64);
  file.writeBigUInt64LE(120n, 72);
  file.writeBigUInt64LE(BigInt(interpreter.length + 1), 96);
  file.write(interpreter, 120);
  return file;
}
