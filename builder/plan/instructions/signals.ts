// STOPSIGNAL: the names and numbers of signals that the reference takes.

const NAMES = new Set(
  `ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP
SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`.split(/\s+/),
);

/** True for `SIGTERM`, `term`, `RTMIN+3`, or any number but 0, as in the reference. */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d{1,18}$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, base = name, offset] = /^(RTMIN|RTMAX)[+-](\d{1,2})$/.exec(name) ?? [];
  if (offset === undefined) return NAMES.has(name);
  const most = base === 'RTMIN' ? 15 : 14;
  return (
    name.includes(base === 'RTMIN' ? '+' : '-') && Number(offset) >= 1 && Number(offset) <= most
  );
}

/** For "did you mean". */
export const SIGNAL_NAMES: readonly string[] = [...NAMES].map((name) => `SIG${name}`);
